using System.Collections.Frozen;

namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>The words of Lean and Mathlib that do not belong into a proof, by the audit that refuses them.</summary>
internal static class LeanWords
{
    /// <summary>A hole, or a way to make one.</summary>
    public const string Hole = "hole";

    /// <summary>A new axiom.</summary>
    public const string Axiom = "axiom";

    /// <summary>Trust in the compiler in place of the kernel.</summary>
    public const string Native = "native";

    /// <summary>An option that may change what is checked or said.</summary>
    public const string Option = "option";

    /// <summary>A command: the proof has ended and something else begins.</summary>
    public const string Command = "command";

    /// <summary>The theorem's name is declared again.</summary>
    public const string Redefinition = "redefinition";

    /// <summary>New syntax, notation or macros, which could give the words around the proof another meaning.</summary>
    public const string Notation = "notation";

    /// <summary>A program that Lean runs while it reads.</summary>
    public const string Execution = "execution";

    /// <summary>An import.</summary>
    public const string Import = "import";

    /// <summary>The end or begin of a namespace or section.</summary>
    public const string Escape = "escape";

    /// <summary>Code that is compiled otherwise than it is checked.</summary>
    public const string Unsafe = "unsafe";

    /// <summary>Lean's own machinery for declarations and environments.</summary>
    public const string Environment = "environment";

    /// <summary>Files, processes and the network.</summary>
    public const string File = "file";

    /// <summary>Text that cannot be read for certain.</summary>
    public const string Lexical = "lexical";

    private static readonly FrozenDictionary<string, string> Words = Table(
        (Hole, "sorry admit sorryAx stop"),
        (Axiom, "axiom"),
        (Native, "native_decide bv_decide ofReduceBool ofReduceNat reduceBool reduceNat trustCompiler"),
        (Command,
            "theorem lemma def abbrev example instance structure class inductive coinductive opaque mutual variable universe export include omit attribute deriving alias "
            + "irreducible_def proof_wanted recall compile_inductive compile_def suppress_compilation unsuppress_compilation noncomputable protected private nonrec partial local "
            + "add_decl_doc library_note assert_exists assert_not_exists assert_no_cyclic initialize_simps_projections mk_iff_of_inductive_prop seal unseal init_quot "
            + "declare_aesop_rule_sets add_aesop_rules erase_aesop_rules gen_injective_theorems register_simp_attr register_label_attr register_option "
            + "grind_pattern extend_docs scoped_attribute declare_bitwise_uint_theorems deprecated_module public"),
        (Notation,
            "notation notation3 infix infixl infixr prefix postfix macro macro_rules syntax declare_syntax_cat binder_predicate elab elab_rules "
            + "declare_config_elab declare_command_config_elab declare_simp_like_tactic mixfix unif_hint delab app_unexpander run_parser"),
        (Execution,
            "run_cmd run_meta run_elab run_tac by_elab initialize builtin_initialize simproc dsimproc simproc_decl dsimproc_decl builtin_simproc builtin_dsimproc "
            + "builtin_simproc_decl builtin_dsimproc_decl dbg_trace dbg_trace_val dbgTrace dbg_sleep dbgSleep dbg_stack_trace"),
        (Import, "import"),
        (Escape, "namespace section end"),
        (Unsafe, "unsafe implemented_by extern csimp unsafeCast unsafeIO unsafeBaseIO unsafeEIO lcProof lcUnreachable lcAny ptrAddrUnsafe"),
        (Environment,
            "addDecl addDeclCore addDeclWithoutChecking addAndCompile addAxiom setEnv modifyEnv withEnv withImportModules importModules compileDecl evalDecl evalConst evalConstCheck "
            + "CoreM MetaM TacticM TermElabM CommandElabM CommandElab MacroM DelabM SimpM"),
        (File, "include_str include_bytes"));

    private static readonly FrozenSet<string> EnvironmentParts =
        "Elab Meta Environment Parser Macro Compiler Kernel Core Declaration IR Server PrettyPrinter addDecl setEnv modifyEnv".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> HashCommands =
        ("eval eval! reduce print check check_failure synth exit help find where guard guard_msgs guard_expr lint simp norm_num conv search leansearch loogle moogle min_imports "
         + "import_bumps time show_unused explode instances html widget whnf whnfR unfold? parse count_heartbeats discr_tree_key long_names redundant_imports string_diagram aesop_rules grind_lint eval_suggest print_dependents")
            .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly string[] HarmlessOptions =
        ["maxHeartbeats", "maxRecDepth", "maxSynthPendingDepth", "maxUniverseOffset", "autoImplicit", "relaxedAutoImplicit", "exponentiation.threshold", "simprocs", "smartUnfolding", "profiler", "diagnostics", "Elab.async"];

    private static readonly string[] HarmlessOptionFamilies =
        ["synthInstance.", "linter.", "weak.linter.", "pp.", "trace.", "tactic.", "aesop.", "grind.", "backward.", "profiler.", "diagnostics.", "push_cast.", "polyrith."];

    /// <summary>The audit that refuses a word, or null. A dotted name is one word; of it only the parts that name machinery count.</summary>
    public static string? AuditOf(string word)
    {
        if (Words.TryGetValue(word, out var audit))
            return audit;
        if (!word.Contains('.', StringComparison.Ordinal) && !word.Contains('«', StringComparison.Ordinal))
            return null;
        var parts = LeanName.Components(LeanName.Normal(word));
        if (Words.TryGetValue(parts[^1], out audit) && audit is Native or Unsafe or Environment && parts[^1] is not ("extern" or "unsafe" or "csimp"))
            return audit;
        if (parts[^1] == "sorryAx" || (parts.Count > 1 && parts[0] == "sorryAx"))
            return Hole;
        if (parts.Count > 1 && parts[0] == "Lean" && EnvironmentParts.Contains(parts[1]))
            return Environment;
        return parts[0] is "IO" && parts.Count > 1 || (parts.Count > 1 && parts[0] == "System" && parts[1] == "FilePath") ? File : null;
    }

    /// <summary>Whether a word cannot be a name because a command or a clause begins with it.</summary>
    public static bool IsKeyword(string word) =>
        Words.ContainsKey(word) || word is "by" or "where" or "open" or "set_option" or "in" or "do" or "fun" or "let" or "have" or "show" or "from" or "match" or "with" or "if" or "then" or "else";

    /// <summary>Whether a word stands before the word that says what is declared.</summary>
    public static bool IsModifier(string word) => word is "local" or "private" or "protected" or "noncomputable" or "partial" or "nonrec" or "public";

    /// <summary>Whether <c>#</c> with this word is a command; elsewhere <c>#s</c> is the number of elements of <c>s</c>.</summary>
    public static bool IsHashCommand(string word) => HashCommands.Contains(word);

    /// <summary>Whether an option changes neither what the kernel checks nor what Lean says about holes.</summary>
    public static bool IsHarmlessOption(string option) =>
        HarmlessOptions.Contains(option) || HarmlessOptionFamilies.Any(f => option.StartsWith(f, StringComparison.Ordinal));

    private static FrozenDictionary<string, string> Table(params (string Audit, string Words)[] rows) =>
        rows.SelectMany(r => r.Words.Split(' ').Select(w => KeyValuePair.Create(w, r.Audit))).ToFrozenDictionary(StringComparer.Ordinal);
}
