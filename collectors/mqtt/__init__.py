"""What publishes over a broker: devices with JSON or bare numbers, Sparkplug B edge nodes. Holds no connection."""
