package dev.errata.api.facts;

/** How a source writes its facts. All but {@link #Jsonl} take a JSON array or objects in a row. */
public enum FactFormat {
  /** One {@link dev.errata.api.Fact} a line, its field names as JSON keys. */
  Jsonl,
  /** CounterFact (Meng et al. 2022), in its nested form or in EasyEdit's flat form. */
  CounterFact,
  /** zsRE (Levy et al. 2017), in the form of MEND or in EasyEdit's, with or without portability. */
  ZsRE,
  /** MQuAKE (Zhong et al. 2023): one or more rewrites and the multi-hop questions they change. */
  MQuAKE
}
