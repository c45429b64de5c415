using Ratchet.Service.Tests;
using Ratchet.Service.Tests.Load;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

if (args is [LoadHost.Argument, ..])
    return await LoadHost.RunAsync(args.ElementAtOrDefault(1));
if (args.Any(a => a is "--server" or "--internal-msbuild-node"))
    return await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
return await ConsoleRunner.Run(args);
