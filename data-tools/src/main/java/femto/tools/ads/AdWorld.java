package femto.tools.ads;

import femto.model.Field;
import femto.model.Side;
import femto.tools.data.Draws;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Users who see ads and sometimes click, by a factorization machine over all the fields whose
 * weights move. Used by one thread.
 *
 * <p>A million impressions are a day, more of them in the evening than at night. Which ad is shown
 * to whom is drawn from how often each is seen, not from what the user likes. The weights of users,
 * ads, campaigns, advertisers and sites drift ({@link Drifting}), each by itself; those of the
 * hour, the device, the country, the category and the format stay. Users and ads come and go: a new
 * one has a new id, takes the place in the ranks of the one that it follows, and an ad is of any
 * campaign.
 *
 * <p>On average over seeds and times 3 percent of the impressions are clicked; in one world at one
 * time 1 to 6, since the few most frequent ads, sites and campaigns decide much of it.
 */
final class AdWorld {
  static final int FACTORS = 8;

  /** 2026-01-01T00:00Z. */
  static final long FIRST_TIME = 1_767_225_600_000L;

  static final long DAY = 86_400_000;
  static final int IMPRESSIONS_A_DAY = 1_000_000;
  private static final long HOUR = 3_600_000;
  private static final double GAP = (double) DAY / IMPRESSIONS_A_DAY;

  /** Traffic at its busiest hour is (1 + x) / (1 - x) times that at the quietest. */
  private static final double TRAFFIC_SWING = 0.5;

  private static final double BUSIEST_HOUR = 20;

  private static final int USERS = 20_000;
  private static final int ADS = 1000;
  private static final int CAMPAIGNS = 200;
  private static final int ADVERTISERS = 50;
  private static final int SITES = 300;
  private static final int CATEGORIES = 24;
  private static final int COUNTRIES = 30;
  private static final String[] DEVICES = {"phone", "desktop", "tablet", "tv", "console"};
  private static final String[] FORMATS = {
    "banner", "native", "video", "text", "carousel", "audio"
  };

  private static final double AD_LIFE_DAYS = 4;
  private static final double USER_LIFE_DAYS = 8;

  /** How often a user is on the device that is the user's own. */
  private static final double OWN_DEVICE = 0.85;

  private static final double MEAN_CLICK_DELAY = 120_000;

  /** Gives 3 percent of clicks, on average. */
  private static final double BIAS = -4.0;

  private static final double HOUR_SWING = 0.2;

  /** Deviation of a linear weight and of each factor. */
  private record Strength(double bias, double factor) {}

  private static final Strength USER = new Strength(0.3, 0.2);
  private static final Strength DEVICE = new Strength(0.2, 0.2);
  private static final Strength COUNTRY = new Strength(0.2, 0.15);
  private static final Strength SITE = new Strength(0.4, 0.22);
  private static final Strength AD = new Strength(0.4, 0.22);
  private static final Strength CAMPAIGN = new Strength(0.5, 0.25);
  private static final Strength ADVERTISER = new Strength(0.3, 0.2);
  private static final Strength CATEGORY = new Strength(0.2, 0.25);
  private static final Strength FORMAT = new Strength(0.2, 0.15);
  private static final double HOUR_FACTOR = 0.1;

  static final List<Field> FIELDS =
      List.of(
          Field.oneHot("user", Side.CONTEXT),
          Field.oneHot("hour", Side.CONTEXT),
          Field.oneHot("device", Side.CONTEXT),
          Field.oneHot("country", Side.CONTEXT),
          Field.oneHot("site", Side.CONTEXT),
          Field.oneHot("ad", Side.CANDIDATE),
          Field.oneHot("campaign", Side.CANDIDATE),
          Field.oneHot("advertiser", Side.CANDIDATE),
          Field.multiHot("category", Side.CANDIDATE),
          Field.oneHot("format", Side.CANDIDATE));

  /** A value: what it is called, and what it weighs. */
  static class Thing {
    final String name;
    final Drifting weights;

    Thing(String name, Drifting weights) {
      this.name = name;
      this.weights = weights;
    }
  }

  /** A user: the home country and the usual device. */
  private static final class User extends Thing {
    final long gone;
    final int country;
    final int device;

    User(String name, Drifting weights, long gone, int country, int device) {
      super(name, weights);
      this.gone = gone;
      this.country = country;
      this.device = device;
    }
  }

  private static final class Campaign extends Thing {
    final Thing advertiser;
    final Thing[] categories;

    Campaign(String name, Drifting weights, Thing advertiser, Thing[] categories) {
      super(name, weights);
      this.advertiser = advertiser;
      this.categories = categories;
    }
  }

  private static final class Ad extends Thing {
    final long gone;
    final Campaign campaign;
    final Thing format;

    Ad(String name, Drifting weights, long gone, Campaign campaign, Thing format) {
      super(name, weights);
      this.gone = gone;
      this.campaign = campaign;
      this.format = format;
    }
  }

  private final Draws draws;

  /** Drift a millisecond. */
  private final double rate;

  private final Zipf userRanks = new Zipf(USERS, 0.8);
  private final Zipf adRanks = new Zipf(ADS, 0.7);
  private final Zipf siteRanks = new Zipf(SITES, 0.9);
  private final Zipf countryRanks = new Zipf(COUNTRIES, 1.2);
  private final Zipf deviceRanks = new Zipf(DEVICES.length, 1.2);

  /** Made when first seen. */
  private final @Nullable User[] users = new User[USERS];

  private final @Nullable Ad[] ads = new Ad[ADS];
  private final Thing[] hours;
  private final Thing[] devices;
  private final Thing[] countries;
  private final Thing[] sites;
  private final Campaign[] campaigns;
  private final Thing[] formats;
  private final WideFields wide;

  private long newUsers;
  private long newAds;
  private double clock = FIRST_TIME;

  // The impression.
  private long time = FIRST_TIME;
  private Thing user;
  private Thing hour;
  private Thing device;
  private Thing country;
  private Thing site;
  private Ad ad;
  private double probability;
  private boolean clicked;
  private double clickDelay;

  private final double[] sums = new double[FACTORS];
  private double squares;
  private double score;

  AdWorld(AdOptions options) {
    this.draws = new Draws(options.seed());
    this.rate = options.drift() / DAY;
    this.hours = things(24, i -> Integer.toString(i), new Strength(0, HOUR_FACTOR));
    for (int i = 0; i < hours.length; i++) {
      hours[i].weights.bias = HOUR_SWING * swing(i);
    }
    this.devices = things(DEVICES.length, i -> DEVICES[i], DEVICE);
    this.countries = things(COUNTRIES, i -> "country" + (i + 1), COUNTRY);
    this.sites = things(SITES, i -> "site" + (i + 1), SITE);
    this.formats = things(FORMATS.length, i -> FORMATS[i], FORMAT);
    this.campaigns = drawCampaigns();
    this.wide = new WideFields(options.wide(), draws);
    this.user = userAt(0);
    this.hour = hours[0];
    this.device = devices[0];
    this.country = countries[0];
    this.site = sites[0];
    this.ad = adAt(0);
  }

  private Thing[] things(
      int count, java.util.function.IntFunction<String> name, Strength strength) {
    Thing[] things = new Thing[count];
    Arrays.setAll(things, i -> new Thing(name.apply(i), drawn(strength)));
    return things;
  }

  private Campaign[] drawCampaigns() {
    Thing[] advertisers = things(ADVERTISERS, i -> "advertiser" + (i + 1), ADVERTISER);
    Thing[] categories = things(CATEGORIES, i -> "category" + (i + 1), CATEGORY);
    Campaign[] drawn = new Campaign[CAMPAIGNS];
    int[] order = new int[CATEGORIES];
    Arrays.setAll(order, i -> i);
    for (int i = 0; i < CAMPAIGNS; i++) {
      Thing[] some = new Thing[1 + draws.below(3)];
      for (int j = 0; j < some.length; j++) {
        // A draw without replacement: the rest of a shuffle that is not needed is left out.
        int k = j + draws.below(CATEGORIES - j);
        int category = order[k];
        order[k] = order[j];
        order[j] = category;
        some[j] = categories[category];
      }
      drawn[i] =
          new Campaign(
              "campaign" + (i + 1), drawn(CAMPAIGN), advertisers[draws.below(ADVERTISERS)], some);
    }
    return drawn;
  }

  private Drifting drawn(Strength strength) {
    return new Drifting(draws, strength.bias, strength.factor, FACTORS, time);
  }

  /** When something that begins now is gone; never, if nothing drifts. */
  private long drawEnd(double days) {
    double life = rate > 0 ? days * draws.exponential() / rate : Double.POSITIVE_INFINITY;
    return (long) Math.min(Long.MAX_VALUE, time + life);
  }

  private User userAt(int rank) {
    User at = users[rank];
    if (at == null || time >= at.gone) {
      newUsers++;
      at =
          new User(
              "u" + newUsers,
              drawn(USER),
              drawEnd(USER_LIFE_DAYS),
              countryRanks.draw(draws),
              deviceRanks.draw(draws));
      users[rank] = at;
    }
    return at;
  }

  private Ad adAt(int rank) {
    Ad at = ads[rank];
    if (at == null || time >= at.gone) {
      newAds++;
      at =
          new Ad(
              "ad" + newAds,
              drawn(AD),
              drawEnd(AD_LIFE_DAYS),
              campaigns[draws.below(CAMPAIGNS)],
              formats[draws.below(FORMATS.length)]);
      ads[rank] = at;
    }
    return at;
  }

  private static double swing(double hour) {
    return StrictMath.cos(2 * Math.PI * (hour - BUSIEST_HOUR) / 24);
  }

  /** Makes the next impression. */
  void next() {
    int hourNow = (int) (time / HOUR % 24);
    clock += GAP * draws.exponential() / (1 + TRAFFIC_SWING * swing(hourNow));
    time = (long) clock;
    hour = hours[(int) (time / HOUR % 24)];
    User someone = userAt(userRanks.draw(draws));
    user = someone;
    country = countries[someone.country];
    device = devices[draws.uniform() < OWN_DEVICE ? someone.device : deviceRanks.draw(draws)];
    site = sites[siteRanks.draw(draws)];
    ad = adAt(adRanks.draw(draws));
    wide.next(draws);
    probability = rounded(1 / (1 + StrictMath.exp(-score())));
    clicked = draws.uniform() < probability;
    clickDelay = MEAN_CLICK_DELAY * draws.exponential();
  }

  /** As it is written down, so that what is written is the truth; never 0 or 1. */
  private static double rounded(double p) {
    return Math.clamp(Math.round(p * 1e6), 1, 999_999) / 1e6;
  }

  /** Linear weights and all pairs of different fields' values (Rendle 2010, lemma 3.1). */
  private double score() {
    Arrays.fill(sums, 0);
    squares = 0;
    score = BIAS + wide.score();
    drift(user);
    drift(site);
    drift(ad);
    drift(ad.campaign);
    drift(ad.campaign.advertiser);
    add(user, 1);
    add(hour, 1);
    add(device, 1);
    add(country, 1);
    add(site, 1);
    add(ad, 1);
    add(ad.campaign, 1);
    add(ad.campaign.advertiser, 1);
    for (Thing category : ad.campaign.categories) {
      add(category, 1.0 / ad.campaign.categories.length);
    }
    add(ad.format, 1);
    double pairs = -squares;
    for (double sum : sums) {
      pairs += sum * sum;
    }
    return score + pairs / 2;
  }

  private void drift(Thing thing) {
    thing.weights.advance(draws, time, rate);
  }

  private void add(Thing thing, double x) {
    score += x * thing.weights.bias;
    for (int i = 0; i < FACTORS; i++) {
      double product = x * thing.weights.factors[i];
      sums[i] += product;
      squares += product * product;
    }
  }

  List<Field> fields() {
    List<Field> fields = new ArrayList<>(FIELDS);
    fields.addAll(wide.fields());
    return fields;
  }

  /** Writes the cells of the impression in the order of {@link #fields}, each after a comma. */
  void writeFields(AsciiRow row) {
    row.comma().put(user.name).comma().put(hour.name).comma().put(device.name);
    row.comma().put(country.name).comma().put(site.name).comma().put(ad.name);
    row.comma().put(ad.campaign.name).comma().put(ad.campaign.advertiser.name).comma();
    for (int i = 0; i < ad.campaign.categories.length; i++) {
      row.put(i == 0 ? "" : "|").put(ad.campaign.categories[i].name);
    }
    row.comma().put(ad.format.name);
    wide.write(row);
  }

  long time() {
    return time;
  }

  double probability() {
    return probability;
  }

  boolean isClicked() {
    return clicked;
  }

  /** When the click is, if there is one. */
  long clickTime() {
    return time + 1 + (long) clickDelay;
  }

  // For tests.

  String adName() {
    return ad.name;
  }

  String userName() {
    return user.name;
  }

  /** The truth of the campaigns now, the biases first. */
  double[][] campaignWeights() {
    double[][] weights = new double[1 + FACTORS][CAMPAIGNS];
    for (int i = 0; i < CAMPAIGNS; i++) {
      drift(campaigns[i]);
      weights[0][i] = campaigns[i].weights.bias;
      for (int j = 0; j < FACTORS; j++) {
        weights[1 + j][i] = campaigns[i].weights.factors[j];
      }
    }
    return weights;
  }

  static double campaignBiasDeviation() {
    return CAMPAIGN.bias;
  }
}
