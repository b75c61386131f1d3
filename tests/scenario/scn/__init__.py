"""Black-box scenarios: the line language, its clients and its checks."""
