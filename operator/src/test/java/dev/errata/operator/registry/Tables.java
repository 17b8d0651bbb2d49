package dev.errata.operator.registry;

import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** All that a registry holds, without the numbers that its database gives to rows. */
public final class Tables {
  private static final String OF_VERSION =
      " join version v on v.id = t.version_id join model m on m.id = v.model_id";
  private static final Map<String, String> QUERIES =
      Map.of(
          "model", "select t.* from model t",
          "job", "select t.* from job t",
          "version",
              "select m.namespace as of_namespace, m.name as of_model, t.*"
                  + " from version t join model m on m.id = t.model_id",
          "stage",
              "select m.namespace as of_namespace, m.name as of_model, v.number, t.* from stage t"
                  + OF_VERSION,
          "metric",
              "select m.namespace as of_namespace, m.name as of_model, v.number, t.* from metric t"
                  + OF_VERSION,
          "fact",
              "select m.namespace as of_namespace, m.name as of_model, v.number, t.* from fact t"
                  + OF_VERSION);

  private Tables() {}

  /** The rows of each table, in an order of their own. */
  static Map<String, Set<String>> of(AgroalDataSource database) throws SQLException {
    try (Connection connection = database.getConnection()) {
      return of(connection);
    }
  }

  /** The same of a database that somebody else is at. */
  public static Map<String, Set<String>> of(Connection connection) throws SQLException {
    Map<String, Set<String>> tables = new TreeMap<>();
    for (var query : QUERIES.entrySet()) {
      Set<String> rows = new TreeSet<>();
      try (var statement = connection.createStatement();
          ResultSet found = statement.executeQuery(query.getValue())) {
        while (found.next()) {
          rows.add(row(found));
        }
      }
      tables.put(query.getKey(), rows);
    }
    return tables;
  }

  private static String row(ResultSet found) throws SQLException {
    StringBuilder row = new StringBuilder();
    for (int column = 1; column <= found.getMetaData().getColumnCount(); column++) {
      String name = found.getMetaData().getColumnLabel(column);
      if (!List.of("id", "model_id", "version_id").contains(name)) {
        row.append(name).append('=').append(found.getString(column)).append('\n');
      }
    }
    return row.toString();
  }
}
