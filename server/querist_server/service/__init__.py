"""gRPC to arrays and back. Servicers translate; they do not think."""
