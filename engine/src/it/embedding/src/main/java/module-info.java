/** Only where the server runs on the module path; on the class path nothing needs it. */
module com.example.ads {
  requires femto.engine;
}
