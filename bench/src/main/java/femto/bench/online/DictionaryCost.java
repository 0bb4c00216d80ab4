package femto.bench.online;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.bench.report.WrongAnswerException;
import femto.model.Field;
import femto.model.Side;
import femto.tools.dictionary.Bindings;
import femto.tools.dictionary.DictionaryOptions;
import femto.tools.dictionary.GrowingDictionary;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/**
 * Values that get a row and values that are looked up a second, beside a hash map on the heap,
 * which no other process sees and no restart finds again, and beside a Chronicle Map alone. The
 * same texts in the same order for all.
 */
final class DictionaryCost {
  private static final String FASTUTIL = "Object2IntOpenHashMap<String>";
  private static final String CHRONICLE = "Chronicle Map alone";
  private static final String TEST =
      "femto.tools.dictionary.GrowingDictionaryTest, femto.bench.online.DictionaryCostTest";

  private DictionaryCost() {}

  /**
   * What one of them does.
   *
   * @param inserts values that got a row, a second
   * @param finds values looked up, a second
   * @param bytes memory and disk a value, texts included
   */
  record Cost(String label, double inserts, double finds, double bytes) {}

  /**
   * What all do.
   *
   * @param keys how many values
   * @param memoryBytes memory a value of the dictionary, without its file
   */
  record Outcome(int keys, Cost femto, Cost fastutil, Cost chronicle, double memoryBytes) {
    List<Figure> figures() {
      List<Figure> figures = new ArrayList<>();
      for (Cost cost : List.of(femto, fastutil, chronicle)) {
        figures.add(Figure.of(cost.label + ": inserts", "values/s", cost.inserts));
        figures.add(Figure.of(cost.label + ": look-ups", "values/s", cost.finds));
        figures.add(Figure.of(cost.label + ": memory and disk", "bytes/value", cost.bytes));
      }
      figures.add(Figure.of(femto.label + ": memory of it", "bytes/value", memoryBytes));
      return figures;
    }

    List<Finding> findings() {
      return List.of(
          finding("insert", "dictionary: values that get a row", "values/s")
              .measured(femto.inserts, Double.NaN)
              .peer(FASTUTIL, fastutil.inserts)
              .peer(CHRONICLE, chronicle.inserts)
              .informs(femto.inserts / chronicle.inserts, CHRONICLE, true),
          finding("find", "dictionary: values looked up", "values/s")
              .measured(femto.finds, Double.NaN)
              .peer(FASTUTIL, fastutil.finds)
              .peer(CHRONICLE, chronicle.finds)
              .informs(femto.finds / fastutil.finds, FASTUTIL, true),
          finding("bytes", "dictionary: memory and disk a value", "bytes")
              .measured(femto.bytes, Double.NaN)
              .peer(FASTUTIL, fastutil.bytes)
              .peer(CHRONICLE, chronicle.bytes)
              .detail("memory_bytes", memoryBytes)
              .informs(femto.bytes / chronicle.bytes, CHRONICLE, false));
    }

    private Finding finding(String id, String what, String unit) {
      return new Finding("dictionary." + id, "%s, %,d of them".formatted(what, keys), unit, TEST)
          .detail("keys", keys);
    }
  }

  /** A map of texts to numbers. */
  private interface Subject {
    void insert(String key, int row);

    int find(String key);
  }

  /**
   * Measures all three, one after the other.
   *
   * @param folder where the files may lie
   */
  static Outcome measure(Path folder, int keys) throws IOException {
    long before = heap();
    String[] texts = texts(keys);
    double textBytes = (double) (heap() - before) / keys;
    int[] order = order(keys);
    Cost fastutil = fastutil(texts, order, textBytes);
    Measured ours = femto(folder.resolve("dictionary"), texts, order);
    Cost chronicle = chronicle(folder.resolve("chronicle"), texts, order);
    return new Outcome(keys, ours.cost, fastutil, chronicle, ours.memoryBytes);
  }

  private record Measured(Cost cost, double memoryBytes) {}

  private static Measured femto(Path file, String[] texts, int[] order) throws IOException {
    int keys = texts.length;
    try (GrowingDictionary dictionary =
        GrowingDictionary.create(
            file,
            List.of(Field.oneHot("user", Side.CONTEXT)),
            DictionaryOptions.defaults(keys),
            new Untold())) {
      Subject subject =
          new Subject() {
            @Override
            public void insert(String key, int row) {
              dictionary.take(0, key, row);
            }

            @Override
            public int find(String key) {
              return dictionary.take(0, key, keys);
            }
          };
      double inserts = inserts(subject, texts);
      double finds = finds(subject, texts, order);
      double memory = (double) dictionary.bytes() / keys;
      Cost femto = new Cost("GrowingDictionary", inserts, finds, memory + diskBytes(file) / keys);
      return new Measured(femto, memory);
    }
  }

  private static Cost fastutil(String[] texts, int[] order, double textBytes) {
    long before = heap();
    Object2IntOpenHashMap<String> map = new Object2IntOpenHashMap<>();
    map.defaultReturnValue(-1);
    Subject subject =
        new Subject() {
          @Override
          public void insert(String key, int row) {
            map.put(key, row);
          }

          @Override
          public int find(String key) {
            return map.getInt(key);
          }
        };
    double inserts = inserts(subject, texts);
    double bytes = textBytes + (double) (heap() - before) / texts.length;
    return new Cost(FASTUTIL, inserts, finds(subject, texts, order), bytes);
  }

  /** As the dictionary has it: the same types, and entries of the same size. */
  private static Cost chronicle(Path file, String[] texts, int[] order) throws IOException {
    try (ChronicleMap<CharSequence, Long> map =
        ChronicleMapBuilder.of(CharSequence.class, Long.class)
            .name("bench")
            .averageKeySize(24)
            .entries(Math.max(64, texts.length))
            .maxBloatFactor(10)
            .createPersistedTo(file.toFile())) {
      Subject subject =
          new Subject() {
            @Override
            public void insert(String key, int row) {
              map.put(key, (long) row);
            }

            @Override
            @SuppressWarnings("UndefinedEquals") // keys are compared as they lie in the file
            public int find(String key) {
              Long row = map.get(key);
              return row == null ? -1 : row.intValue();
            }
          };
      double inserts = inserts(subject, texts);
      double finds = finds(subject, texts, order);
      return new Cost(CHRONICLE, inserts, finds, diskBytes(file) / texts.length);
    }
  }

  private static double inserts(Subject subject, String[] texts) {
    long begin = System.nanoTime();
    for (int row = 0; row < texts.length; row++) {
      subject.insert(texts[row], row);
    }
    return texts.length * 1e9 / (System.nanoTime() - begin);
  }

  /** In another order than they came; each must have the row that it got. */
  private static double finds(Subject subject, String[] texts, int[] order) {
    long begin = System.nanoTime();
    for (int row : order) {
      int found = subject.find(texts[row]);
      if (found != row) {
        throw new WrongAnswerException(texts[row] + " has the row " + found + ", expected " + row);
      }
    }
    return texts.length * 1e9 / (System.nanoTime() - begin);
  }

  private static String[] texts(int keys) {
    String[] texts = new String[keys];
    for (int row = 0; row < keys; row++) {
      // Hashes of numbers, each once: multiplying by an odd number permutes them.
      texts[row] = "u" + Long.toHexString(row * 0x9e3779b97f4a7c15L);
    }
    return texts;
  }

  private static int[] order(int keys) {
    int[] order = new int[keys];
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < keys; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** What is in use on the heap when all that can be freed is. */
  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** What a file with holes takes, which the JDK does not tell; its length if nobody does. */
  private static double diskBytes(Path file) throws IOException {
    Process du =
        new ProcessBuilder("du", "--block-size=1", file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = du.inputReader()) {
      String line = out.readLine();
      return line == null ? Files.size(file) : Double.parseDouble(line.split("\t", 2)[0]);
    }
  }

  /** Nobody is told of changes. */
  private static final class Untold implements Bindings {
    @Override
    public void bound(int row, int field, String value) {}

    @Override
    public void unbound(int row) {}
  }
}
