//! The arguments of `test` and `schema`.

use std::path::PathBuf;

use clap::ValueEnum;

/// `falco-rs test`
#[derive(Debug, clap::Args)]
pub struct Test {
    /// Test files, folders that are searched for `*_test.yaml` and `*.test.yaml`, or patterns such as `rules/**/net*_test.yaml`
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub format: TestFormat,
    /// Test files that run at the same time; as many as there are processors unless given
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Stop at the first test that does not pass
    #[arg(long)]
    pub fail_fast: bool,
    /// Run files and tests in an order that SEED decides; without a seed, one is made up and told
    #[arg(long, value_name = "SEED", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub shuffle: Option<String>,
    /// Only test files that changed since this commit, or whose rules or captures did
    #[arg(long, value_name = "GIT_REF")]
    pub since: Option<String>,
    /// Name the tests and run none
    #[arg(long, conflicts_with_all = ["update", "watch", "coverage"])]
    pub list: bool,
    /// Make the `expect` of tests of captures say what comes, in place
    #[arg(long, conflicts_with_all = ["watch", "coverage"])]
    pub update: bool,
    /// Run again what a change of a file concerns, until interrupted
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub coverage: CoverageArgs,
    #[command(flatten)]
    pub mutation: MutationArgs,
}

/// What `test` says of what the tests exercise.
#[derive(Debug, Clone, clap::Args)]
pub struct CoverageArgs {
    /// Say which comparisons of the rules the tests exercise
    #[arg(long)]
    pub coverage: bool,
    /// How to say it
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text, requires = "coverage")]
    pub coverage_format: CoverageFormat,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE", requires = "coverage")]
    pub coverage_output: Option<PathBuf>,
    /// Fail when less than this many percent are exercised
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub threshold: Option<u8>,
}

/// Whether `test` changes the rules to see if the tests notice.
#[derive(Debug, Clone, clap::Args)]
pub struct MutationArgs {
    /// Change the rules one small thing at a time, and list the changes that no test notices
    #[arg(long, conflicts_with_all = ["watch", "list", "update"])]
    pub mutate: bool,
    /// Change only this rule, and the macros that it uses
    #[arg(long, value_name = "NAME", requires = "mutate")]
    pub rule: Option<String>,
}

/// Output forms of `test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For reading
    Text,
    /// One JSON document
    Json,
    /// JUnit's XML
    Junit,
    /// The Test Anything Protocol
    Tap,
    /// Annotations of GitHub Actions
    Github,
}

/// Output forms of coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoverageFormat {
    /// For reading, with what was never exercised
    Text,
    /// One JSON document
    Json,
    /// LCOV's tracefile, which many tools show
    Lcov,
    /// One page with everything in it
    Html,
}

/// `falco-rs schema`
#[derive(Debug, clap::Args)]
pub struct Schema {
    /// Of which files
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// Files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Rule tests
    Test,
}
