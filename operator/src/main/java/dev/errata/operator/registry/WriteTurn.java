package dev.errata.operator.registry;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import java.util.function.Consumer;

/** Lets one at a time write: several operators may share a database. */
@ApplicationScoped
class WriteTurn {
  private final AgroalDataSource database;
  private final String self = UUID.randomUUID().toString();

  WriteTurn(AgroalDataSource database) {
    this.database = database;
  }

  /**
   * Works while nobody else does.
   *
   * @param work is told whether this operator was the last one that worked
   * @return false when another one works now; nothing is done then
   * @throws PersistenceException when the database does not answer
   */
  boolean take(Consumer<Boolean> work) {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      try {
        String last = lock(connection);
        if (last == null) {
          return false;
        }
        work.accept(last.equals(self));
        if (!last.equals(self)) {
          sign(connection);
        }
        connection.commit();
        return true;
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw new PersistenceException("the database does not answer: " + e.getMessage(), e);
    }
  }

  private static String lock(Connection connection) throws SQLException {
    try (PreparedStatement query =
            connection.prepareStatement("select holder from turn for update skip locked");
        ResultSet found = query.executeQuery()) {
      return found.next() ? found.getString(1) : null;
    }
  }

  private void sign(Connection connection) throws SQLException {
    try (PreparedStatement update = connection.prepareStatement("update turn set holder = ?")) {
      update.setString(1, self);
      update.executeUpdate();
    }
  }
}
