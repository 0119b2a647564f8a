"""What depends on the machine: device, memory, signals, files and their locks."""
