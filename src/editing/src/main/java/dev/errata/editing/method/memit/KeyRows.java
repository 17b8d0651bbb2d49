package dev.errata.editing.method.memit;

import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which token rows give the keys of a job. A row ends with the subject's last token: nothing behind
 * it can change the key. Equal rows are computed once.
 *
 * @param rows distinct token rows
 * @param entries what is solved for: a fact's bare row and its prefixed rows; facts of one group
 *     whose bare rows are equal share an entry, for they share key and value
 */
record KeyRows(List<int[]> rows, List<Entry> entries) {
  /**
   * One key.
   *
   * @param group index of the group
   * @param fact index of its (first) fact in the group
   * @param bare index of the bare row
   * @param prefixed indices of the rows with a prefix
   */
  record Entry(int group, int fact, int bare, List<Integer> prefixed) {}

  static KeyRows of(Tokenizer tokenizer, List<SubjectGroup> groups, List<String> prefixes) {
    var encoder = new PromptEncoder(tokenizer);
    List<int[]> rows = new ArrayList<>();
    Map<List<Integer>, Integer> index = new HashMap<>();
    Map<List<Integer>, Entry> entries = new LinkedHashMap<>();
    for (int g = 0; g < groups.size(); g++) {
      SubjectGroup group = groups.get(g);
      for (int f = 0; f < group.facts().size(); f++) {
        Fact fact = group.facts().get(f);
        int bare = row(encoder, "", fact, rows, index);
        List<Integer> prefixed = new ArrayList<>();
        for (String prefix : prefixes) {
          prefixed.add(row(encoder, prefix, fact, rows, index));
        }
        entries.putIfAbsent(List.of(g, bare), new Entry(g, f, bare, List.copyOf(prefixed)));
      }
    }
    return new KeyRows(rows, List.copyOf(entries.values()));
  }

  private static int row(
      PromptEncoder encoder,
      String prefix,
      Fact fact,
      List<int[]> rows,
      Map<List<Integer>, Integer> index) {
    PromptEncoder.Encoded prompt = encoder.encode(prefix, fact.prompt(), fact.subject());
    int[] ids = Arrays.copyOf(prompt.ids(), prompt.subjectLast() + 1);
    return index.computeIfAbsent(
        Arrays.stream(ids).boxed().toList(),
        key -> {
          rows.add(ids);
          return rows.size() - 1;
        });
  }
}
