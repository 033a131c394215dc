"""Choose which unlabelled instances a person should label next, over gRPC."""
