"""How Alembic runs our migrations: on a connection that is handed in, or as SQL text for a named dialect."""

from __future__ import annotations

from alembic import context

from headend.stores.state import models_clocks as models_clocks
from headend.stores.state import models_gaps as models_gaps
from headend.stores.state import models_identity as models_identity
from headend.stores.state import models_plans as models_plans
from headend.stores.state import models_states as models_states
from headend.stores.state import models_ways as models_ways
from headend.stores.state.models import Model

connection = context.config.attributes.get("connection")
dialect = context.config.attributes.get("dialect")

# Batch mode lets SQLite alter tables; one transaction for all, so that a failed migration changes nothing.
context.configure(
    connection=connection,
    dialect_name=dialect,
    target_metadata=Model.metadata,
    render_as_batch=True,
    literal_binds=connection is None,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
