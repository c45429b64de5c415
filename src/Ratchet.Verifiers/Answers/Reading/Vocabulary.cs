using System.Collections.Frozen;

namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>What commands, words and characters mean.</summary>
internal static class Vocabulary
{
    /// <summary>LaTeX commands that stand for a symbol.</summary>
    public static readonly FrozenDictionary<string, string> CommandSymbols = new Dictionary<string, string>
    {
        ["cdot"] = "*", ["times"] = "*", ["ast"] = "*", ["star"] = "*", ["bullet"] = "*", ["div"] = "/", ["slash"] = "/",
        ["pm"] = "±", ["mp"] = "∓", ["le"] = "≤", ["leq"] = "≤", ["leqslant"] = "≤", ["leqq"] = "≤", ["ge"] = "≥", ["geq"] = "≥",
        ["geqslant"] = "≥", ["geqq"] = "≥", ["lt"] = "<", ["gt"] = ">", ["ne"] = "≠", ["neq"] = "≠", ["approx"] = "≈", ["approxeq"] = "≈",
        ["simeq"] = "≈", ["doteq"] = "≈", ["equiv"] = "≡", ["in"] = "∈", ["to"] = "→", ["rightarrow"] = "→", ["longrightarrow"] = "→",
        ["Rightarrow"] = "→", ["mapsto"] = "→", ["cup"] = "∪", ["bigcup"] = "∪", ["cap"] = "∩", ["bigcap"] = "∩", ["setminus"] = "\\",
        ["backslash"] = "\\", ["mid"] = "|", ["vert"] = "|", ["lvert"] = "|", ["rvert"] = "|", ["Vert"] = "|", ["lVert"] = "|", ["rVert"] = "|",
        ["lbrace"] = "\\{", ["rbrace"] = "\\}", ["langle"] = "⟨", ["rangle"] = "⟩", ["lbrack"] = "[", ["rbrack"] = "]", ["lparen"] = "(", ["rparen"] = ")",
        ["lfloor"] = "⌊", ["rfloor"] = "⌋", ["lceil"] = "⌈", ["rceil"] = "⌉", ["colon"] = ":", ["ratio"] = ":", ["degree"] = "°", ["circ"] = "∘",
        ["prime"] = "'", ["ldots"] = "…", ["dots"] = "…", ["cdots"] = "…", ["dotsc"] = "…", ["dotsb"] = "…", ["cr"] = "\\\\", ["newline"] = "\\\\",
        ["percent"] = "%", ["land"] = "&and", ["wedge"] = "&and", ["lor"] = "&or", ["vee"] = "&or",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Characters that stand for another symbol, or for a name after '#'.</summary>
    public static readonly FrozenDictionary<char, string> Characters = new Dictionary<char, string>
    {
        ['−'] = "-", ['–'] = "-", ['—'] = "-", ['‐'] = "-", ['‑'] = "-", ['×'] = "*", ['·'] = "*", ['⋅'] = "*", ['∙'] = "*", ['∗'] = "*", ['÷'] = "/", ['∕'] = "/", ['⁄'] = "/",
        ['±'] = "±", ['∓'] = "∓", ['≤'] = "≤", ['⩽'] = "≤", ['≦'] = "≤", ['≥'] = "≥", ['⩾'] = "≥", ['≧'] = "≥", ['≠'] = "≠", ['≈'] = "≈", ['≡'] = "≡",
        ['∈'] = "∈", ['→'] = "→", ['⇒'] = "→", ['∪'] = "∪", ['∩'] = "∩", ['∖'] = "\\", ['⟨'] = "⟨", ['⟩'] = "⟩", ['〈'] = "⟨", ['〉'] = "⟩", ['⌊'] = "⌊", ['⌋'] = "⌋",
        ['⌈'] = "⌈", ['⌉'] = "⌉", ['°'] = "°", ['º'] = "°", ['′'] = "'", ['’'] = "'", ['…'] = "…", ['、'] = ",", ['。'] = ".", ['【'] = "[", ['】'] = "]",
        ['√'] = "#sqrt", ['∛'] = "#cbrt", ['π'] = "#pi", ['∞'] = "#infty", ['∅'] = "#emptyset", ['ℝ'] = "#reals", ['²'] = "^2", ['³'] = "^3", ['¹'] = "^1", ['⁴'] = "^4", ['⁵'] = "^5",
        ['⁶'] = "^6", ['⁷'] = "^7", ['⁸'] = "^8", ['⁹'] = "^9", ['⁰'] = "^0", ['¥'] = "¥", ['￥'] = "¥", ['€'] = "€", ['£'] = "£", ['℃'] = "#celsius", ['∠'] = "#angle", ['△'] = "#triangle",
    }.ToFrozenDictionary();

    /// <summary>Names of functions and constants, with their normal name; as words and as commands.</summary>
    public static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>
    {
        ["frac"] = "frac", ["dfrac"] = "frac", ["tfrac"] = "frac", ["cfrac"] = "frac", ["binom"] = "binom", ["dbinom"] = "binom", ["tbinom"] = "binom", ["sqrt"] = "sqrt", ["cbrt"] = "cbrt",
        ["sin"] = "sin", ["cos"] = "cos", ["tan"] = "tan", ["tg"] = "tan", ["cot"] = "cot", ["ctg"] = "cot", ["sec"] = "sec", ["csc"] = "csc", ["cosec"] = "csc",
        ["arcsin"] = "arcsin", ["asin"] = "arcsin", ["arccos"] = "arccos", ["acos"] = "arccos", ["arctan"] = "arctan", ["atan"] = "arctan", ["arctg"] = "arctan", ["arccot"] = "arccot",
        ["sinh"] = "sinh", ["cosh"] = "cosh", ["tanh"] = "tanh", ["arsinh"] = "arsinh", ["arcsinh"] = "arsinh", ["asinh"] = "arsinh", ["arcosh"] = "arcosh", ["arccosh"] = "arcosh",
        ["acosh"] = "arcosh", ["artanh"] = "artanh", ["arctanh"] = "artanh", ["atanh"] = "artanh", ["ln"] = "ln", ["log"] = "log", ["lg"] = "lg", ["exp"] = "exp", ["abs"] = "abs",
        ["floor"] = "floor", ["ceil"] = "ceil", ["ceiling"] = "ceil", ["gcd"] = "gcd", ["lcm"] = "lcm", ["max"] = "max", ["min"] = "min", ["mod"] = "mod", ["bmod"] = "mod", ["pmod"] = "pmod",
        ["pi"] = "pi", ["infty"] = "infty", ["infinity"] = "infty", ["oo"] = "infty", ["emptyset"] = "emptyset", ["varnothing"] = "emptyset", ["sum"] = "sum", ["prod"] = "prod",
        ["overline"] = "overline", ["bar"] = "bar", ["angle"] = "angle", ["triangle"] = "triangle", ["Re"] = "Re", ["Im"] = "Im",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Names that are read as such only after a backslash: as words they mean something else or are products of letters.</summary>
    public static readonly FrozenSet<string> CommandOnly = new[] { "frac", "min", "Re", "Im", "bar", "sum", "angle", "triangle", "tg" }.ToFrozenSet(StringComparer.Ordinal);

    public static readonly FrozenSet<string> Greek = new[]
    {
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "varrho", "sigma", "tau",
        "upsilon", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "ell", "hbar",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Commands that only set type or space; what they hold, if anything, is read in their place.</summary>
    public static readonly FrozenSet<string> Transparent = new[]
    {
        "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "rm", "bf", "it",
        "mathbf", "boldsymbol", "bm", "mathit", "mathcal", "mathsf", "boxed", "fbox", "vec", "overrightarrow", "hat", "widehat", "underline", "phantom", "hphantom", "ensuremath", "mathopen", "mathclose",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static readonly FrozenSet<string> Spaces = new[] { "quad", "qquad", "thinspace", "enspace", "space", "hfill", "noindent", "medspace", "thickspace" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Commands whose argument is text.</summary>
    public static readonly FrozenSet<string> TextCommands = new[]
    {
        "text", "textbf", "textit", "textrm", "textnormal", "textsf", "texttt", "mbox", "hbox", "mathrm", "operatorname", "emph",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static readonly FrozenSet<string> Connectors = new[] { "and", "or", "或", "和", "与", "以及", "或者", "及", "且" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
