package femto.bench.learn;

/**
 * On how much the set measures.
 *
 * @param name quick or full
 * @param rows training rows
 * @param testRows test rows, which follow them
 * @param rounds rounds of each way of learning, in turn
 * @param passes the most passes that engines are compared after
 * @param tuningRows rows that step sizes are chosen on, of the training rows; a fifth as many that
 *     follow them tell which is best
 * @param moreRows how many times the training rows the same model learns, to see what more data is
 *     worth
 */
public record LearnSize(
    String name, int rows, int testRows, int rounds, int passes, int tuningRows, int moreRows) {
  /** Ends within 50 seconds. */
  public static final LearnSize QUICK = new LearnSize("quick", 100_000, 20_000, 3, 2, 40_000, 4);

  /** What the results page shows. */
  public static final LearnSize FULL = new LearnSize("full", 500_000, 100_000, 9, 5, 200_000, 10);
}
