"""The plotters that plotopt knows, one TOML file each; read by :mod:`plotopt.profiles`."""
