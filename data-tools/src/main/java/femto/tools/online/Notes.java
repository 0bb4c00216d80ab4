package femto.tools.online;

/** Takes what people should know of what was found at the start. */
interface Notes {
  void add(String note);
}
