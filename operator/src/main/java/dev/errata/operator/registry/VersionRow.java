package dev.errata.operator.registry;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;

/** A version of a model. */
@Entity
@Table(name = "version")
public class VersionRow extends PanacheEntityBase {
  @Id
  @SequenceGenerator(name = "version_seq", sequenceName = "version_seq", allocationSize = 50)
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "version_seq")
  Long id;

  @ManyToOne(fetch = FetchType.LAZY, optional = false)
  @JoinColumn(name = "model_id")
  ModelRow model;

  int number;
  Integer parent;

  @Column(name = "edit_job")
  String editJob;

  String state;
  String reason;
  String method;
  String digest;

  @Column(name = "size_bytes")
  Long sizeBytes;

  @Column(name = "facts_total")
  Integer factsTotal;

  @Column(name = "facts_verified")
  Integer factsVerified;

  @Column(name = "facts_failed")
  Integer factsFailed;

  @Column(name = "facts_noop")
  Integer factsNoop;

  @Column(name = "created_at")
  String createdAt;

  /** The changed tensors as JSON; null until it is listed. */
  String changed;

  /** Whether the registry holds what its files say. A base has nothing that is listed. */
  boolean listed;

  /** Why it is not listed; null when it is, or when nothing is known to be wrong. */
  String lacks;
}
