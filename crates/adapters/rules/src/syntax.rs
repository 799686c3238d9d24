//! What a rule refers to, gathered from regorus' syntax tree.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Module, Query, Ref, Rule, RuleBody, RuleHead, Span, WithModifier};

/// One file's rules, and what they refer to.
pub(crate) struct ModuleUses {
    /// The package's path below `data`.
    pub(crate) package: Vec<String>,
    /// Where the package is named.
    pub(crate) package_span: Span,
    /// The names that imports bring in, with what they stand for.
    pub(crate) imports: BTreeMap<String, Reference>,
    /// Every rule, in the order of the file.
    pub(crate) rules: Vec<RuleUses>,
}

/// One rule, and what it refers to.
pub(crate) struct RuleUses {
    /// The first word of its head.
    pub(crate) name: String,
    /// What its head makes of it.
    pub(crate) form: Form,
    /// Where its head stands.
    pub(crate) span: Span,
    /// What it reads.
    pub(crate) references: Vec<Reference>,
    /// What it calls.
    pub(crate) calls: Vec<Reference>,
    /// What its `with` modifiers replace.
    pub(crate) withs: Vec<Reference>,
    /// Names that are its own: arguments, `some`, `:=`, `every`.
    pub(crate) locals: BTreeSet<String>,
    /// Whether it is a `default`.
    pub(crate) is_default: bool,
    /// Whether its value is spelt out, rather than being `true`.
    pub(crate) has_value: bool,
    /// Whether it may be undefined by mistake: see [`ModuleUses::may_stumble`].
    may_stumble: bool,
}

/// What a rule's head makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `name contains …`
    Set,
    /// `name := …` or `name if …`
    Value,
    /// `name(…) := …`
    Function,
}

/// A chain of names such as `input.attributes.ingress[_].cidr`.
#[derive(Clone)]
pub(crate) struct Reference {
    /// The first name.
    pub(crate) root: String,
    /// What follows; `None` where the step is a variable, a number or computed.
    pub(crate) path: Vec<Option<String>>,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Reference {
    /// The names before the first step that is not a plain name.
    pub(crate) fn known(&self) -> Vec<&str> {
        self.path.iter().map_while(|step| step.as_deref()).collect()
    }

    /// The chain as one dotted name.
    pub(crate) fn dotted(&self) -> String {
        let steps = self.path.iter().map(|step| step.as_deref().unwrap_or("_"));
        std::iter::once(self.root.as_str()).chain(steps).collect::<Vec<_>>().join(".")
    }

    /// The chain with an imported first name replaced by what it stands for.
    pub(crate) fn resolved(&self, imports: &BTreeMap<String, Reference>) -> Self {
        let Some(import) = imports.get(&self.root) else { return self.clone() };
        let path = import.path.iter().chain(&self.path).cloned().collect();
        Self { root: import.root.clone(), path, span: self.span.clone() }
    }
}

impl ModuleUses {
    /// Walks a parsed file.
    pub(crate) fn of(module: &Module) -> Self {
        let package = chain(&module.package.refr, &mut |_| {});
        let steps = package.iter().flat_map(|p| p.path.iter().map(|step| step.clone().unwrap_or_default()));
        let imports = module.imports.iter().filter_map(|import| {
            let target = chain(&import.refr, &mut |_| {})?;
            let name = import.r#as.as_ref().map(|alias| alias.text().to_owned());
            let name = name.or_else(|| target.path.last().cloned().flatten()).unwrap_or_else(|| target.root.clone());
            Some((name, target))
        });
        Self {
            package: package.iter().map(|p| p.root.clone()).chain(steps).collect(),
            package_span: module.package.span.clone(),
            imports: imports.filter(|(_, target)| matches!(target.root.as_str(), "data" | "input")).collect(),
            rules: module.policy.iter().filter_map(|rule| RuleUses::of(rule)).collect(),
        }
    }
}

impl ModuleUses {
    /// Whether some rule may be undefined by mistake: it calculates, or it may come to have two values. regorus' machine
    /// goes on as if nothing had been wrong, and its interpreter says what was.
    pub(crate) fn may_stumble(&self) -> bool {
        let mut valued = BTreeSet::new();
        self.rules.iter().any(|rule| {
            let again = rule.form != Form::Set && !rule.is_default && rule.has_value && !valued.insert(&rule.name);
            rule.may_stumble || again
        })
    }
}

impl RuleUses {
    fn of(rule: &Rule) -> Option<Self> {
        let (head, form) = match rule {
            Rule::Spec { head: RuleHead::Compr { refr, .. }, .. } | Rule::Default { refr, .. } => (refr, Form::Value),
            Rule::Spec { head: RuleHead::Set { refr, .. }, .. } => (refr, Form::Set),
            Rule::Spec { head: RuleHead::Func { refr, .. }, .. } => (refr, Form::Function),
        };
        let name = chain(head, &mut |_| {})?.root;
        let mut uses = Self {
            name,
            form,
            span: head.span().clone(),
            references: Vec::new(),
            calls: Vec::new(),
            withs: Vec::new(),
            locals: BTreeSet::new(),
            is_default: matches!(rule, Rule::Default { .. }),
            has_value: false,
            may_stumble: false,
        };
        uses.visit_rule(rule);
        Some(uses)
    }

    fn visit_rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Spec { head, bodies, .. } => {
                match head {
                    RuleHead::Compr { refr, assign, .. } => {
                        self.may_stumble |= matches!(refr.as_ref(), Expr::RefBrack { .. });
                        chain(refr, &mut |index| self.visit(index));
                        assign.iter().for_each(|a| self.visit_value(&a.value));
                    }
                    RuleHead::Set { refr, key, .. } => {
                        chain(refr, &mut |index| self.visit(index));
                        key.iter().for_each(|k| self.visit(k));
                    }
                    RuleHead::Func { args, assign, .. } => {
                        args.iter().for_each(|argument| self.declare(argument));
                        assign.iter().for_each(|a| self.visit_value(&a.value));
                    }
                }
                bodies.iter().for_each(|body| self.visit_body(body));
            }
            Rule::Default { args, value, .. } => {
                args.iter().for_each(|argument| self.declare(argument));
                self.visit(value);
            }
        }
    }

    /// The value of a rule: only one that is spelt out as a constant is the same whatever makes the body hold.
    fn visit_value(&mut self, value: &Ref<Expr>) {
        self.has_value = true;
        self.may_stumble |= !matches!(
            value.as_ref(),
            Expr::String { .. } | Expr::RawString { .. } | Expr::Number { .. } | Expr::Bool { .. } | Expr::Null { .. }
        );
        self.visit(value);
    }

    fn visit_body(&mut self, body: &RuleBody) {
        body.assign.iter().for_each(|a| self.visit_value(&a.value));
        self.visit_query(&body.query);
    }

    fn visit_query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { vars, .. } => self.locals.extend(vars.iter().map(|v| v.text().to_owned())),
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().for_each(|k| self.declare(k));
                    self.declare(value);
                    self.visit(collection);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.visit(expr),
                Literal::Every { key, value, domain, query, .. } => {
                    self.locals.extend(key.iter().chain([value]).map(|v| v.text().to_owned()));
                    self.visit(domain);
                    self.visit_query(query);
                }
            }
            statement.with_mods.iter().for_each(|with| self.visit_with(with));
        }
    }

    fn visit_with(&mut self, with: &WithModifier) {
        self.withs.extend(chain(&with.refr, &mut |_| {}));
        self.visit(&with.r#as);
    }

    /// A pattern that brings names into being: what it holds besides names is visited.
    fn declare(&mut self, pattern: &Ref<Expr>) {
        match pattern.as_ref() {
            Expr::Var { span, .. } => {
                self.locals.insert(span.text().to_owned());
            }
            Expr::Array { items, .. } => items.iter().for_each(|item| self.declare(item)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.visit(key);
                self.declare(value);
            }),
            _ => self.visit(pattern),
        }
    }

    fn visit(&mut self, expression: &Ref<Expr>) {
        match expression.as_ref() {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                let reference = chain(expression, &mut |inner| self.visit(inner));
                self.references.extend(reference);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().for_each(|item| self.visit(item)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.visit(key);
                self.visit(value);
            }),
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.visit(term);
                self.visit_query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.visit(key);
                self.visit(value);
                self.visit_query(query);
            }
            Expr::Call { fcn, params, .. } => {
                self.calls.extend(chain(fcn, &mut |_| {}));
                params.iter().for_each(|parameter| self.visit(parameter));
            }
            Expr::UnaryExpr { expr, .. } => self.visit(expr),
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                self.declare(lhs);
                self.visit(rhs);
            }
            Expr::ArithExpr { lhs, rhs, .. } => {
                self.may_stumble = true;
                self.visit(lhs);
                self.visit(rhs);
            }
            Expr::BinExpr { lhs, rhs, .. } | Expr::BoolExpr { lhs, rhs, .. } | Expr::AssignExpr { lhs, rhs, .. } => {
                self.visit(lhs);
                self.visit(rhs);
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().for_each(|k| self.visit(k));
                self.visit(value);
                self.visit(collection);
            }
        }
    }
}

/// The chain that an expression is; what stands inside its brackets, or at its root when that is no name, goes to
/// `inner`.
fn chain(expression: &Ref<Expr>, inner: &mut dyn FnMut(&Ref<Expr>)) -> Option<Reference> {
    let mut steps = Vec::new();
    let mut at = expression;
    loop {
        match at.as_ref() {
            Expr::RefDot { refr, field, .. } => {
                steps.push(Some(field.0.text().to_owned()));
                at = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                steps.push(match index.as_ref() {
                    Expr::String { value, .. } | Expr::RawString { value, .. } => {
                        value.as_string().ok().map(|text| text.to_string())
                    }
                    _ => {
                        inner(index);
                        None
                    }
                });
                at = refr;
            }
            Expr::Var { span, .. } => {
                steps.reverse();
                return Some(Reference { root: span.text().to_owned(), path: steps, span: expression.span().clone() });
            }
            _ => {
                inner(at);
                return None;
            }
        }
    }
}
