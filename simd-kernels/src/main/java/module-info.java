/** Table layouts, scoring kernels and exact top-K over plain floats. Depends on nothing. */
module femto.kernels {
  requires static org.jspecify;
  requires static jdk.incubator.vector;

  exports femto.kernels;
}
