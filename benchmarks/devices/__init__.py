"""What copies, orders and memory cost on the devices at hand: the figures of docs/devices.md."""
