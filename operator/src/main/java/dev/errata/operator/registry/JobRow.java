package dev.errata.operator.registry;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;

/** A job, as its status says. */
@Entity
@Table(name = "job")
public class JobRow extends PanacheEntityBase {
  @Id
  @SequenceGenerator(name = "job_seq", sequenceName = "job_seq", allocationSize = 50)
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "job_seq")
  Long id;

  String namespace;
  String name;
  String uid;
  String model;
  String stage;

  /** Running, Complete or Failed. */
  String state;

  String reason;

  @Column(name = "from_version")
  String from;

  String version;

  @Column(name = "facts_total")
  Integer factsTotal;

  @Column(name = "created_at")
  String createdAt;

  @Column(name = "start_time")
  String startTime;

  @Column(name = "completion_time")
  String completionTime;
}
