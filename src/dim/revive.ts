import { type Atom, type Dim, Expr, type Monomial } from './expr.js';

/** A dimension as a structured clone leaves it: the parts of a formula without the class. */
type Cloned = number | bigint | { readonly terms: Expr['terms'] };

/** The dimension that was cloned, sent to a worker or stored. Formulas that already are formulas stay. */
export function reviveDim(d: Cloned): Dim {
  return typeof d !== 'object' || d instanceof Expr ? d : formula(d.terms);
}

function formula(terms: Expr['terms']): Expr {
  return new Expr(
    terms.map(({ coefficient, monomial }) => Object.freeze({ coefficient, monomial: monomialOf(monomial) })),
  );
}

function monomialOf({ key, degree, factors }: Monomial): Monomial {
  return Object.freeze({
    key,
    degree,
    factors: Object.freeze(factors.map(({ atom, power }) => Object.freeze({ atom: atomOf(atom), power }))),
  });
}

function atomOf(atom: Atom): Atom {
  switch (atom.kind) {
    case 'symbol':
      return Object.freeze({ ...atom });
    case 'floor':
      return Object.freeze({
        ...atom,
        numerator: reviveDim(atom.numerator),
        denominator: reviveDim(atom.denominator),
      });
    default:
      return Object.freeze({ ...atom, args: Object.freeze(atom.args.map(reviveDim)) });
  }
}
