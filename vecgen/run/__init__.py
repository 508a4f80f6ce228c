"""Work done safely: batches written, interrupted runs resumed, complete datasets published, datasets split."""
