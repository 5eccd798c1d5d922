//! Parts of a configuration that name a member of a table and set its options: `[optimizer]` with `name = "adam"` and
//! `beta1 = 0.5`. A member's row says what its options may be and what they are by default; the type that they are read
//! into says what it does.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, RwLock};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::Field;
use super::option_error::OptionError;

/// A row of a table whose members implement `T`.
pub struct Member<T: ?Sized + 'static> {
    /// Its `name` in a configuration file; on the command line with `-` in place of `_`.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Its options. Defaults stand here and nowhere else.
    pub options: &'static [Field],
    /// Reads all of its options, none missing but those without a default.
    pub read: fn(toml::Table) -> Result<Arc<T>, toml::de::Error>,
}

impl<T: ?Sized> Member<T> {
    /// Its name on the command line.
    pub fn flag_value(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The row of one of its options.
    pub fn option(&self, key: &str) -> Option<&'static Field> {
        self.options.iter().find(|field| field.key == key)
    }

    /// Every option that has a default, with it.
    pub fn defaults(&self) -> toml::Table {
        let given = self.options.iter().filter_map(|field| Some((field.key.to_string(), field.default_value()?)));
        given.collect()
    }

    /// Its type with the default of every option.
    pub fn with_defaults<M: DeserializeOwned>(&self) -> M {
        self.defaults().try_into().expect("a test reads the defaults of every member")
    }
}

/// What every type of a member is: plain data. Implemented for all that is.
pub trait Settings: Any + fmt::Debug + Send + Sync + erased_serde::Serialize {
    /// The value, whose type can be asked for.
    fn as_any(&self) -> &dyn Any;

    /// Whether the other one has the same type and the same values.
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<M: Any + fmt::Debug + Send + Sync + Serialize + PartialEq> Settings for M {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<M>() == Some(self)
    }
}

/// A trait whose implementors are the members of a table.
pub trait Table: Settings {
    /// The key of a configuration that chooses a member, such as `optimizer`.
    const KEY: &'static str;

    /// Every member that can be chosen.
    fn members() -> &'static [Member<Self>];

    /// Where an application's own members are kept.
    fn own() -> &'static Own<Self>;

    /// The row of this member.
    fn member(&self) -> &'static Member<Self>;

    /// Looks for options that contradict each other.
    ///
    /// # Errors
    /// The first contradiction.
    fn check_together(&self) -> Result<(), OptionError>;
}

/// Members that an application registered.
pub struct Own<T: ?Sized + 'static>(RwLock<Vec<&'static Member<T>>>);

impl<T: ?Sized> Own<T> {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Own(RwLock::new(Vec::new()))
    }
}

/// A member of a table with its options. Cheap to clone.
///
/// ```
/// use lepton_gpu::config::OptimizerConfig;
/// use lepton_gpu::optim::AdamW;
///
/// let optimizer: OptimizerConfig = AdamW { weight_decay: 0.05, ..AdamW::default() }.into();
/// assert_eq!(optimizer, toml::from_str("name = \"adamw\"\nweight_decay = 0.05")?);
/// assert_eq!(optimizer.with("beta2", 0.95)?.get::<AdamW>().unwrap().beta2, 0.95);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Chosen<T: ?Sized>(Arc<T>);

impl<T: Table + ?Sized> Chosen<T> {
    /// A member's value. [`From`] makes one of every member's type.
    pub(crate) fn new(value: Arc<T>) -> Self {
        Chosen(value)
    }

    /// The member of this name, with `-` or `_`, with the default of every option.
    ///
    /// # Errors
    /// [`OptionError::NoMember`] if there is none such, [`OptionError::Malformed`] if an option must be given.
    pub fn named(name: &str) -> Result<Self, OptionError> {
        Self::read(name, toml::Table::new())
    }

    /// The member of this name, with these options and the default of every other one.
    ///
    /// # Errors
    /// [`OptionError`] if there is no such member, or an option is unknown, of the wrong kind or missing; ranges are left to
    /// [`Chosen::check`].
    pub fn read(name: &str, options: toml::Table) -> Result<Self, OptionError> {
        let own = T::own().0.read().expect("nobody panics while holding it").clone();
        let mut members = T::members().iter().chain(own);
        let Some(member) = members.find(|member| member.name == name || member.flag_value() == name) else {
            let members = T::members().iter().map(|member| member.name).collect();
            return Err(OptionError::NoMember { table: T::KEY, name: name.into(), members });
        };
        if let Some(key) = options.keys().find(|key| member.option(key).is_none()) {
            return Err(no_option(member, key, |field| field.key == *key));
        }
        let mut all = member.defaults();
        all.extend(options);
        let absent = member.options.iter().find(|field| field.default.is_empty() && !all.contains_key(field.key));
        (member.read)(all).map(Chosen).map_err(|error| match absent {
            Some(field) if error.message().starts_with("missing field") => {
                OptionError::Missing { table: T::KEY, member: member.name, key: field.key }
            }
            _ => {
                let problem = error.to_string().trim_end().replace('\n', " ");
                OptionError::Malformed { table: T::KEY, member: member.name, problem }
            }
        })
    }

    /// Makes an application's own member known by its name, for the whole process, so that checkpoints and configuration
    /// files with it can be read.
    ///
    /// # Errors
    /// [`OptionError::Taken`] if another member has that name; the same row may be registered again.
    pub fn register(member: &'static Member<T>) -> Result<(), OptionError> {
        let mut own = T::own().0.write().expect("nobody panics while holding it");
        match T::members().iter().chain(own.iter().copied()).find(|known| known.name == member.name) {
            None => own.push(member),
            Some(known) if std::ptr::eq(known, member) => {}
            Some(_) => return Err(OptionError::Taken { table: T::KEY, member: member.name }),
        }
        Ok(())
    }

    /// Its name in configuration files.
    pub fn name(&self) -> &'static str {
        self.0.member().name
    }

    /// What it is set to, option by option.
    pub fn options(&self) -> toml::Table {
        // f32 come back as the decimals that a file says
        let text = toml::to_string(&Options(&*self.0)).expect("options are plain data");
        text.parse().expect("what was written can be read")
    }

    /// The option that a flag of the command line sets.
    ///
    /// # Errors
    /// [`OptionError::NoOption`] if the member has none such.
    pub fn option_of_flag(&self, flag: &str) -> Result<&'static Field, OptionError> {
        let member = self.0.member();
        let of = |field: &&Field| field.flag == Some(flag);
        member.options.iter().find(of).ok_or_else(|| no_option(member, flag, |field| of(&field)))
    }

    /// The same member with another value of an option.
    ///
    /// # Errors
    /// [`OptionError`]: the member does not have the option, or the value is out of its range.
    pub fn with(&self, key: &str, value: impl Into<toml::Value>) -> Result<Self, OptionError> {
        let (member, value) = (self.0.member(), value.into());
        let field = member.option(key).ok_or_else(|| no_option(member, key, |field| field.key == key))?;
        check(field, &value)?;
        let mut options = self.options();
        options.insert(key.into(), value);
        Self::read(member.name, options)
    }

    /// Looks for values that make no sense.
    ///
    /// # Errors
    /// The first one.
    pub fn check(&self) -> Result<(), OptionError> {
        let options = self.options();
        for field in self.0.member().options {
            options.get(field.key).map_or(Ok(()), |value| check(field, value))?;
        }
        self.0.check_together()
    }

    /// Whether its type is that of a member of the table, and not an application's own, whatever row that says it has.
    pub(crate) fn is_listed(&self) -> bool {
        let own = self.0.as_any().type_id();
        let is = |member: &Member<T>| Self::named(member.name).is_ok_and(|listed| listed.0.as_any().type_id() == own);
        T::members().iter().any(is)
    }

    /// Its value, if it is a member of this type.
    pub fn get<M: 'static>(&self) -> Option<&M> {
        self.0.as_any().downcast_ref()
    }
}

/// An option that the member does not have, and who has it.
fn no_option<T: Table + ?Sized>(member: &Member<T>, asked: &str, is_it: impl Fn(&Field) -> bool) -> OptionError {
    let row = |other: &Member<T>| other.options.iter().find(|field| is_it(field));
    let owners = T::members().iter().filter(|other| row(other).is_some()).map(|other| other.name).collect();
    let row = T::members().iter().find_map(row);
    let key = row.map_or(asked, |row| row.key).into();
    OptionError::NoOption { table: T::KEY, member: member.name, key, owners, row }
}

/// Checks a value, or every one of a list; what is of the wrong kind is found where it is read.
fn check(field: &Field, value: &toml::Value) -> Result<(), OptionError> {
    field.check_value(value).map_err(|error| OptionError::OutOfRange { key: field.key, error, default: field.default })
}

/// The options alone, for a serializer.
struct Options<'a, T: ?Sized>(&'a T);

impl<T: Table + ?Sized> Serialize for Options<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0, serializer)
    }
}

impl<T: ?Sized> Clone for Chosen<T> {
    fn clone(&self) -> Self {
        Chosen(Arc::clone(&self.0))
    }
}

impl<T: Table + ?Sized> fmt::Debug for Chosen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Table + ?Sized> PartialEq for Chosen<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.as_any())
    }
}

impl<T: ?Sized> Deref for Chosen<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Table + ?Sized> Serialize for Chosen<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Named<O> {
            name: &'static str,
            #[serde(flatten)]
            options: O,
        }
        Named { name: self.name(), options: Options(&*self.0) }.serialize(serializer)
    }
}

impl<'de, T: Table + ?Sized> Deserialize<'de> for Chosen<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut options = toml::Table::deserialize(deserializer)?;
        match options.remove("name") {
            Some(toml::Value::String(name)) => Self::read(&name, options).map_err(D::Error::custom),
            Some(other) => Err(D::Error::custom(format!("`name` is {other}, but must be a string"))),
            None => Err(D::Error::missing_field("name")),
        }
    }
}

/// What holds for every table, for its own tests.
#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Rows say what types take: names are different, defaults can be read and are in range, every option that a type has
    /// is in its row and the other way round, and what is written can be read.
    pub fn a_table_is_complete<T: Table + ?Sized>(required: &[(&str, &str)]) {
        for (i, member) in T::members().iter().enumerate() {
            let name = member.name;
            assert!(T::members()[..i].iter().all(|other| other.name != name), "{name} is listed twice");
            assert!(!member.summary.is_empty() && member.options.iter().all(|field| !field.doc.is_empty()), "{name}");
            let given = required.iter().find(|(of, _)| *of == name).map_or("", |(_, options)| options);
            let chosen = Chosen::<T>::read(name, given.parse().unwrap()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(chosen.name(), name, "its type says that it is another member");
            chosen.check().unwrap();
            let (written, json) = (toml::to_string(&chosen).unwrap(), serde_json::to_string(&chosen).unwrap());
            assert_eq!(toml::from_str::<Chosen<T>>(&written).unwrap(), chosen, "{written}");
            assert_eq!(serde_json::from_str::<Chosen<T>>(&json).unwrap(), chosen, "{json}");
            for key in chosen.options().keys() {
                assert!(member.option(key).is_some(), "{name}: no row for `{key}`");
            }
            let stray = toml::Table::from_iter([("no_such_option".to_string(), toml::Value::Boolean(true))]);
            let message = (member.read)(stray).expect_err("no member has this option").to_string();
            let (_, expected) = message.split_once("expected").unwrap_or_default();
            let mut accepted: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
            let mut rows: Vec<&str> = member.options.iter().map(|field| field.key).collect();
            accepted.sort_unstable();
            rows.sort_unstable();
            assert_eq!(accepted, rows, "{name}: {message}");
        }
    }
}
