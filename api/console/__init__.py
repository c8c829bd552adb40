"""The console: server-rendered pages for operators. Standard HTML first; scripts make it live, nothing depends on them."""
