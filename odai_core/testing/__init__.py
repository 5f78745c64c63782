"""For tests: stand-ins for what ODAI talks to, and the conformance kit for connectors."""
