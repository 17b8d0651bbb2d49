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

/** A fact that was written into a version. */
@Entity
@Table(name = "fact")
public class FactRow extends PanacheEntityBase {
  @Id
  @SequenceGenerator(name = "fact_seq", sequenceName = "fact_seq", allocationSize = 1000)
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "fact_seq")
  Long id;

  @ManyToOne(fetch = FetchType.LAZY, optional = false)
  @JoinColumn(name = "version_id")
  VersionRow version;

  /** That of the model, so that one index finds a subject in it. */
  String namespace;

  int position;
  String name;
  String subject;

  /** The subject as it is searched for: see {@link SearchKey}. */
  @Column(name = "subject_key")
  String subjectKey;

  String prompt;
  String target;

  @Column(name = "target_key")
  String targetKey;

  @Column(name = "old_target")
  String oldTarget;

  /** Whether it held after the edit; null when its report does not say. */
  Boolean verified;
}
