package dev.errata.worker;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns of text; those whose cells are all numbers stand to the right. */
final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(String... titles) {
    rows.add(List.of(titles));
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  void print(PrintWriter out) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    boolean[] numbers = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      int column = c;
      widths[c] = rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
      numbers[c] = rows.stream().skip(1).allMatch(row -> row.get(column).matches("[-+0-9.,×%–]*"));
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String space = " ".repeat(widths[c] - row.get(c).length());
        line.append(c == 0 ? "" : "  ");
        line.append(numbers[c] ? space + row.get(c) : row.get(c) + space);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
