// Compiles the precompiled header that all targets share.
