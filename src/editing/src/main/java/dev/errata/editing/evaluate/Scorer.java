package dev.errata.editing.evaluate;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.KeyValueCache;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Scope;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scores probes in batches sorted by length. Every prompt runs once however many targets it has;
 * what follows the first token of a target runs behind the prompt's cached keys and values. No
 * gradients.
 */
final class Scorer {
  private final Decoder decoder;
  private final int tokensPerBatch;
  private final Ticker ticker;
  private final Pieces pieces;

  Scorer(Decoder decoder, int tokensPerBatch, Ticker ticker) {
    this(decoder, tokensPerBatch, ticker, Pieces.HERE);
  }

  Scorer(Decoder decoder, int tokensPerBatch, Ticker ticker, Pieces pieces) {
    this.decoder = decoder;
    this.tokensPerBatch = tokensPerBatch;
    this.ticker = ticker;
    this.pieces = pieces;
  }

  /**
   * What some batches give.
   *
   * @param predicted for every answer the predicted tokens
   * @param logProbs for every answer its log-probability
   */
  record Scored(int[][] predicted, double[] logProbs) {}

  /** A target behind a prompt, and its result while it is gathered. */
  private static final class Answer {
    private final int[] target;
    private final List<Integer> probes = new ArrayList<>();
    private int[] predicted;
    private double logProb;

    Answer(int[] target) {
      this.target = target;
      this.predicted = new int[target.length];
    }

    void take(int place, int argmax, double logProbability) {
      predicted[place] = argmax;
      logProb += logProbability;
    }
  }

  /** A prompt with all its targets. */
  private record Question(int[] prompt, Map<IntBuffer, Answer> answers) {
    int[] firstTokens() {
      return answers.values().stream().mapToInt(answer -> answer.target[0]).toArray();
    }
  }

  /** A target of several tokens behind a row of the batch of prompts. */
  private record Rest(int row, int start, Answer answer) {
    int[] input() {
      return Arrays.copyOf(answer.target, answer.target.length - 1);
    }
  }

  List<Score> score(List<Probe> probes) {
    return score("probes", new int[0], probes);
  }

  /**
   * Scores probes that all stand behind the same tokens.
   *
   * @param kind of the {@link Pieces}
   * @param prefix the tokens before every prompt, perhaps none; they run once
   * @return a score for every probe, in their order; null when others have not computed theirs yet
   */
  List<Score> score(String kind, int[] prefix, List<Probe> probes) {
    List<Question> questions = questions(probes);
    List<List<Question>> batches =
        Batches.of(questions, q -> prefix.length + q.prompt().length, tokensPerBatch);
    boolean whole = true;
    try (Lazy head = new Lazy(prefix)) {
      for (int from = 0; from < batches.size(); from += Batches.IN_A_PIECE) {
        List<List<Question>> some =
            batches.subList(from, Math.min(batches.size(), from + Batches.IN_A_PIECE));
        Scored scored =
            pieces.piece(
                kind, from / Batches.IN_A_PIECE, Scored.class, () -> score(head, prefix, some));
        whole &= scored != null;
        if (scored != null) {
          take(some, scored);
        }
        answers(some).forEach(answer -> ticker.advance(answer.probes.size()));
      }
    }
    return whole ? scores(questions, probes.size()) : null;
  }

  private Scored score(Lazy head, int[] prefix, List<List<Question>> batches) {
    batches.forEach(batch -> scoreBatch(prefix.length, head.get(), batch));
    List<Answer> answers = answers(batches);
    return new Scored(
        answers.stream().map(answer -> answer.predicted).toArray(int[][]::new),
        answers.stream().mapToDouble(answer -> answer.logProb).toArray());
  }

  private static List<Answer> answers(List<List<Question>> batches) {
    return batches.stream()
        .flatMap(List::stream)
        .flatMap(question -> question.answers().values().stream())
        .toList();
  }

  private static void take(List<List<Question>> batches, Scored scored) {
    int next = 0;
    for (Answer answer : answers(batches)) {
      answer.predicted = scored.predicted()[next];
      answer.logProb = scored.logProbs()[next++];
    }
  }

  private static List<Score> scores(List<Question> questions, int count) {
    Score[] scores = new Score[count];
    for (Question question : questions) {
      for (Answer answer : question.answers().values()) {
        Score score = new Score(answer.target, answer.logProb, answer.predicted);
        answer.probes.forEach(index -> scores[index] = score);
      }
    }
    return Arrays.asList(scores);
  }

  /** The prefix, run when it is needed first. */
  private final class Lazy implements AutoCloseable {
    private final int[] prefix;
    private KeyValueCache cache;

    Lazy(int[] prefix) {
      this.prefix = prefix;
    }

    /** Null without a prefix. */
    KeyValueCache get() {
      if (cache == null && prefix.length > 0) {
        cache = cached(prefix);
      }
      return cache;
    }

    @Override
    public void close() {
      if (cache != null) {
        cache.close();
      }
    }
  }

  private static List<Question> questions(List<Probe> probes) {
    Map<IntBuffer, Question> byPrompt = new LinkedHashMap<>();
    for (int i = 0; i < probes.size(); i++) {
      Probe probe = probes.get(i);
      byPrompt
          .computeIfAbsent(
              IntBuffer.wrap(probe.prompt()),
              prompt -> new Question(probe.prompt(), new LinkedHashMap<>()))
          .answers()
          .computeIfAbsent(IntBuffer.wrap(probe.target()), target -> new Answer(probe.target()))
          .probes
          .add(i);
    }
    return List.copyOf(byPrompt.values());
  }

  private KeyValueCache cached(int[] prefix) {
    KeyValueCache cache = new KeyValueCache(decoder.architecture().layers());
    try (Scope scope = new Scope()) {
      decoder.hidden(TokenBatch.of(List.of(prefix)), cache, Tap.NONE);
    }
    return cache;
  }

  private void scoreBatch(int start, KeyValueCache head, List<Question> batch) {
    List<int[]> prompts = batch.stream().map(Question::prompt).toList();
    int[] starts = new int[prompts.size()];
    Arrays.fill(starts, start);
    List<Rest> rests = rests(start, batch);
    try (Scope scope = new Scope();
        KeyValueCache cache = cacheFor(head, prompts.size(), !rests.isEmpty())) {
      TokenBatch tokens = TokenBatch.after(starts, prompts);
      NDArray hidden = decoder.hidden(tokens, cache, Tap.NONE);
      readFirst(batch, tokens, hidden);
      int width = start + tokens.width();
      for (List<Rest> some :
          Batches.of(rests, rest -> width + rest.answer().target.length - 1, tokensPerBatch)) {
        scoreRests(cache, some);
      }
    }
  }

  private static List<Rest> rests(int start, List<Question> batch) {
    List<Rest> rests = new ArrayList<>();
    for (int row = 0; row < batch.size(); row++) {
      for (Answer answer : batch.get(row).answers().values()) {
        if (answer.target.length > 1) {
          rests.add(new Rest(row, start + batch.get(row).prompt().length, answer));
        }
      }
    }
    return rests;
  }

  /** The prefix for every row; an empty cache when only the rests need one; null when nothing. */
  private KeyValueCache cacheFor(KeyValueCache head, int rows, boolean needed) {
    if (head == null) {
      return needed ? new KeyValueCache(decoder.architecture().layers()) : null;
    }
    return pick(head, new int[rows]);
  }

  private KeyValueCache pick(KeyValueCache cache, int[] rows) {
    try (Scope scope = new Scope()) {
      long[] index = Arrays.stream(rows).asLongStream().toArray();
      return cache.rows(decoder.manager().create(index), rows);
    }
  }

  private void readFirst(List<Question> batch, TokenBatch tokens, NDArray hidden) {
    long[] flat = new long[batch.size()];
    int[][] wanted = new int[batch.size()][];
    for (int row = 0; row < flat.length; row++) {
      flat[row] = (long) row * tokens.width() + tokens.length(row) - 1;
      wanted[row] = batch.get(row).firstTokens();
    }
    Readout readout = Readout.of(decoder, hidden, flat, wanted);
    for (int row = 0; row < flat.length; row++) {
      int i = 0;
      for (Answer answer : batch.get(row).answers().values()) {
        answer.take(0, readout.argmax()[row], readout.logProbs()[row][i++]);
      }
    }
  }

  private void scoreRests(KeyValueCache prompts, List<Rest> rests) {
    int[] rows = rests.stream().mapToInt(Rest::row).toArray();
    int[] starts = rests.stream().mapToInt(Rest::start).toArray();
    try (Scope scope = new Scope();
        KeyValueCache cache = pick(prompts, rows)) {
      TokenBatch tokens = TokenBatch.after(starts, rests.stream().map(Rest::input).toList());
      NDArray hidden = decoder.hidden(tokens, cache, Tap.NONE);
      int count = tokens.rows().stream().mapToInt(row -> row.length).sum();
      long[] flat = new long[count];
      int[][] wanted = new int[count][];
      int next = 0;
      for (int row = 0; row < tokens.size(); row++) {
        for (int i = 0; i < tokens.length(row); i++) {
          flat[next] = (long) row * tokens.width() + i;
          wanted[next++] = new int[] {rests.get(row).answer().target[i + 1]};
        }
      }
      Readout readout = Readout.of(decoder, hidden, flat, wanted);
      next = 0;
      for (int row = 0; row < tokens.size(); row++) {
        for (int i = 0; i < tokens.length(row); i++) {
          Answer answer = rests.get(row).answer();
          answer.take(i + 1, readout.argmax()[next], readout.logProbs()[next][0]);
          next++;
        }
      }
    }
  }
}
