"""The console: server-rendered pages for operators. Plain HTML first; scripts make it live, no page depends on one."""
