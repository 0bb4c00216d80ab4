package femto.swap;

/** Sparse features of one candidate, and their weights in it. Not written to once made. */
record FeatureRow(int[] features, float[] weights) {}
