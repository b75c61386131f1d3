"""The scenario runner: the language of .scn files, the clients and the checks."""
