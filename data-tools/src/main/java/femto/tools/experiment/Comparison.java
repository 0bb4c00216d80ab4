package femto.tools.experiment;

/**
 * A variant beside the control.
 *
 * @param difference variant less control
 * @param interval where the true difference lies
 * @param pValue how probable a difference as large, or larger, is if there is none in truth; by two
 *     sides
 */
public record Comparison(double difference, Interval interval, double pValue) {}
