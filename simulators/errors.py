"""What can go wrong with a simulator, named by what its user can do about it."""


class SimulatorError(Exception):
    """The message is one clear line for the user."""


class ListenError(SimulatorError):
    """The simulator cannot listen there: bad address, port in use, no such device."""


class WitnessError(SimulatorError):
    """The witness log cannot be written: choose another file or make room."""
