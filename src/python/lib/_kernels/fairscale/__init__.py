"""fairscale: layers that are spread over devices, on one device."""
