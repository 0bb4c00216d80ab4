/** What a server embeds: models, folding, scoring, learning. Depends on the kernels alone. */
module femto.engine {
  requires transitive femto.kernels;
  requires static jdk.jfr;
  requires static org.jspecify;

  exports femto.file;
  exports femto.learn;
  exports femto.memory;
  exports femto.model;
  exports femto.score;
  exports femto.swap;
}
