package dev.errata.operator.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The registry on a real PostgreSQL. */
@QuarkusTest
@WithTestResource(value = ServersResource.class, scope = TestResourceScope.MATCHING_RESOURCES)
class RegistryOnPostgresTest extends RegistryContract {
  @Override
  @BeforeEach
  void fill() {
    Postgres.assumeHere();
    super.fill();
  }

  @Test
  void itIsPostgres() throws SQLException {
    try (Connection connection = database.getConnection()) {
      assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("PostgreSQL");
    }
  }
}
