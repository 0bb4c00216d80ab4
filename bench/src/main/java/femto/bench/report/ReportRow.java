package femto.bench.report;

import java.util.Map;

/** A row of a report, however it was measured. A figure that there is none of is NaN. */
interface ReportRow {
  /** Fixed: machines look for it. */
  String id();

  /** For people: the columns in order, the same for all rows of a set, and what stands in each. */
  Map<String, String> cells();

  /** For machines. */
  Map<String, Object> json();

  /** What proves that the answer is right: a test, and what was checked in this run. */
  String proof();
}
