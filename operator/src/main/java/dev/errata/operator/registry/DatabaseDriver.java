package dev.errata.operator.registry;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Properties;
import java.util.logging.Logger;

/**
 * The embedded database or PostgreSQL, by the address. Quarkus fixes the driver when it builds;
 * this one lets a build serve both. H2 is addressed in its PostgreSQL mode, so that one dialect
 * does.
 */
public final class DatabaseDriver implements Driver {
  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final String H2 = "jdbc:h2:";

  private final Driver postgresql = new org.postgresql.Driver();
  private final Driver embedded = new org.h2.Driver();

  @Override
  public Connection connect(String url, Properties info) throws SQLException {
    if (url.startsWith(H2)) {
      return embedded.connect(url, info);
    }
    if (!url.startsWith(POSTGRESQL)) {
      throw new SQLException(
          "errata.registry.database.url: begins with "
              + POSTGRESQL
              + "// (or is absent, for the embedded database)");
    }
    Properties more = new Properties();
    // A server that vanishes without a word is not waited for.
    more.setProperty("connectTimeout", "5");
    more.setProperty("socketTimeout", "60");
    more.setProperty("tcpKeepAlive", "true");
    more.setProperty("ApplicationName", "errata");
    more.putAll(info);
    return postgresql.connect(url, more);
  }

  @Override
  public boolean acceptsURL(String url) {
    return url.startsWith(POSTGRESQL) || url.startsWith(H2);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
    return (url.startsWith(H2) ? embedded : postgresql).getPropertyInfo(url, info);
  }

  @Override
  public int getMajorVersion() {
    return 1;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getLogger(DatabaseDriver.class.getPackageName());
  }
}
