"""One file a service; the package above tells how to write one."""
