/**
 * What a server embeds: models, folding, scoring, learning. Depends on the kernels alone, but for
 * {@code femto.learn.online}, which uses Agrona.
 */
module femto.engine {
  requires transitive femto.kernels;
  requires static jdk.jfr;
  requires static org.agrona;
  requires static org.jspecify;

  exports femto.file;
  exports femto.learn;
  exports femto.learn.blocks;
  exports femto.learn.online;
  exports femto.memory;
  exports femto.model;
  exports femto.policy;
  exports femto.score;
  exports femto.swap;
}
