package dev.errata.operator.registry;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;

/** How long a stage of a version took. */
@Entity
@Table(name = "stage")
public class StageRow extends PanacheEntityBase {
  @Id
  @SequenceGenerator(name = "stage_seq", sequenceName = "stage_seq", allocationSize = 50)
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "stage_seq")
  Long id;

  @ManyToOne(fetch = FetchType.LAZY, optional = false)
  @JoinColumn(name = "version_id")
  VersionRow version;

  int position;
  String name;
  double seconds;
  String unit;
  Long items;
}
