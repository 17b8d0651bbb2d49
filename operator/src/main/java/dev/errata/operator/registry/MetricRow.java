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

/** A figure of a version and of its parent. */
@Entity
@Table(name = "metric")
public class MetricRow extends PanacheEntityBase {
  @Id
  @SequenceGenerator(name = "metric_seq", sequenceName = "metric_seq", allocationSize = 50)
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "metric_seq")
  Long id;

  @ManyToOne(fetch = FetchType.LAZY, optional = false)
  @JoinColumn(name = "version_id")
  VersionRow version;

  String name;

  @Column(name = "before_edit")
  Double before;

  @Column(name = "after_edit")
  Double after;
}
