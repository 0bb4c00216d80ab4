package femto.learn.online;

/** What a click does whose impression has been learned as one without a click. */
public enum LateClick {
  /** It is counted. */
  COUNT,
  /** It is counted, and the impression is learned again, with the click. */
  LEARN
}
