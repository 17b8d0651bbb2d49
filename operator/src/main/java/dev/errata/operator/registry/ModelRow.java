package dev.errata.operator.registry;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;

/** A model. */
@Entity
@Table(name = "model")
public class ModelRow extends PanacheEntityBase {
  @Id
  @SequenceGenerator(name = "model_seq", sequenceName = "model_seq", allocationSize = 50)
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "model_seq")
  Long id;

  String namespace;
  String name;
  String uid;
  String family;
  Long parameters;
  String source;

  @Column(name = "current_version")
  String current;

  @Column(name = "latest_version")
  String latest;
}
