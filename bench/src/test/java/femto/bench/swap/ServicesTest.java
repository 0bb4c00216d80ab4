package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.bench.report.WrongAnswerException;
import femto.bench.swap.SwapBenchmarks.Answer;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.model.Model;
import femto.swap.LiveOptions.Merging;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ServicesTest {
  private static final int REQUESTS = 20;

  private static List<Answer> answers(Service.Client client, Requests requests) {
    List<Answer> answers = new ArrayList<>();
    for (int number = 0; number < REQUESTS; number++) {
      answers.add(Answer.of(client, requests, number));
    }
    return answers;
  }

  private static List<Answer> answers(Service service, Requests requests) {
    try (Service.Client client = service.newClient()) {
      return answers(client, requests);
    }
  }

  @ParameterizedTest
  @EnumSource(Merging.class)
  void shouldAnswerAlikeBeforeAndAfterEveryPublish(Merging merging) {
    try (Small small = new Small(merging);
        Model model = small.ads.model();
        Service locked = new LockedReplacement(small.ads, model);
        Service monitor = new SynchronizedInPlace(small.ads, model);
        Service fresh = new FreshMemory(small.ads, model);
        Service.Client lockedClient = locked.newClient();
        Service.Client monitorClient = monitor.newClient();
        Service.Client freshClient = fresh.newClient()) {
      SwapBenchmarks.Settling settling =
          new SwapBenchmarks.Settling(small.ads, small.trainer, small.live, merging);
      List<Answer> before = answers(small.femto, small.requests);
      for (int publish = 0; publish < 4; publish++) {
        List<Answer> expected = answers(small.femto, small.requests);
        // Clients that have been there since the first version see each new one.
        assertThat(answers(lockedClient, small.requests)).isEqualTo(expected);
        assertThat(answers(monitorClient, small.requests)).isEqualTo(expected);
        assertThat(answers(freshClient, small.requests)).isEqualTo(expected);
        Trainer.Step step = small.trainer.step(200 + 20 * publish);
        if (merging == Merging.BACKGROUND) {
          settling.await(); // without room for it, a delta would be put off
        }
        for (Service service : List.of(small.femto, locked, monitor, fresh)) {
          service.publish(step);
        }
      }
      assertThat(answers(small.femto, small.requests)).isNotEqualTo(before);
      if (merging == Merging.BACKGROUND) {
        settling.await();
        assertThat(small.live.statistics().merges()).isPositive();
      }
      assertThat(small.live.version()).isEqualTo(5);
      SwapBenchmarks.checkAnswers(small.requests, small.femto, List.of(locked, monitor, fresh));
    }
  }

  @Test
  void shouldAnswerByTheTextbookFormula() {
    try (Small small = new Small()) {
      small.femto.publish(small.trainer.step(200));
      small.femto.publish(small.trainer.step(200));
      for (int number = 0; number < 5; number++) {
        int context = small.requests.context(number);
        for (Answer answer : answers(small.femto, small.requests).subList(number, number + 1)) {
          for (int i = 0; i < answer.ads().size(); i++) {
            double expected = textbook(small.ads, context, answer.ads().get(i));
            assertThat((double) answer.scores().get(i))
                .isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-4));
          }
        }
      }
    }
  }

  private static double textbook(SyntheticAds ads, int context, int ad) {
    long begin = ads.contexts().offset(context);
    int[] features = {
      ads.contexts().feature(begin),
      ads.contexts().feature(begin + 1),
      ads.feature(ad),
      ads.category(ad)
    };
    RowTable weights = ads.weights();
    double score = -3;
    for (int i = 0; i < features.length; i++) {
      score += weights.bias(features[i]);
      for (int j = 0; j < i; j++) {
        for (int f = 0; f < SyntheticAds.FACTORS; f++) {
          score += (double) weights.factor(features[i], f) * weights.factor(features[j], f);
        }
      }
    }
    return score;
  }

  @Test
  void shouldWriteTheSameBytesToPrivateMemoryAndPublishNothing() {
    try (Small small = new Small();
        PrivateMemory control = new PrivateMemory(small.femto, small.ads, 250)) {
      List<Answer> before = answers(control, small.requests);
      Trainer.Step step = small.trainer.step(100);
      for (int i = 0; i < 3; i++) {
        control.publish(step);
      }
      assertThat(control.written()).isEqualTo(300);
      // The row that a live model would show for this ad, had it been published.
      int last = step.changed()[99];
      float lastBias = control.lastBias();
      assertThat(small.live.version()).isEqualTo(1);
      assertThat(answers(control, small.requests)).isEqualTo(before);
      small.femto.publish(step);
      try (var reader = small.live.newScorer("test");
          var lease = reader.lease()) {
        RowPatch rows = Objects.requireNonNull(lease.scorer().snapshot().rows());
        assertThat(rows.bias(last)).isEqualTo(lastBias);
        assertThat(rows.replacedRows()).isEqualTo(100);
      }
    }
  }

  @Test
  void shouldEndTheRunWhenAnAnswerDiffers() {
    try (Small small = new Small();
        Model model = small.ads.model();
        Service monitor = new SynchronizedInPlace(small.ads, model)) {
      monitor.publish(small.trainer.step(Small.ADS)); // to this one alone
      assertThatThrownBy(
              () -> SwapBenchmarks.checkAnswers(small.requests, small.femto, List.of(monitor)))
          .isInstanceOf(WrongAnswerException.class)
          .hasMessageContaining("synchronized");
    }
  }

  @Test
  void shouldChangeDifferentAdsAndNothingElse() {
    try (Small small = new Small()) {
      float[] before = biases(small.ads);
      int[] changed = small.trainer.step(1000).changed();
      assertThat(changed).hasSize(1000).doesNotHaveDuplicates();
      float[] after = biases(small.ads);
      int differing = 0;
      for (int feature = 0; feature < before.length; feature++) {
        differing += before[feature] == after[feature] ? 0 : 1;
      }
      for (int ad : changed) {
        assertThat(after[small.ads.feature(ad)]).isNotEqualTo(before[small.ads.feature(ad)]);
      }
      assertThat(differing).isEqualTo(1000);
      assertThat(small.trainer.step(Small.ADS).changed()).doesNotHaveDuplicates();
    }
  }

  private static float[] biases(SyntheticAds ads) {
    float[] biases = new float[ads.space().size()];
    for (int feature = 0; feature < biases.length; feature++) {
      biases[feature] = ads.weights().bias(feature);
    }
    return biases;
  }
}
