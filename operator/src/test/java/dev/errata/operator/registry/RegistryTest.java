package dev.errata.operator.registry;

import io.quarkus.test.junit.QuarkusTest;

/** The registry on the embedded database. */
@QuarkusTest
class RegistryTest extends RegistryContract {}
