"""What a simulated meter looks like on the wire, one module a protocol, each written from its manual."""
