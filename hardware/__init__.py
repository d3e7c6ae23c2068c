"""What touches the world at a door: cameras, decoders, scanners, signals, clock and power readings.

Each kind has a port (a small Protocol), adapters picked by name in settings (`hardware.reader.factory`), and
a simulated adapter that ships with the product. Vendor libraries are imported only inside the adapter
that needs them, so importing a port costs nothing.
"""
