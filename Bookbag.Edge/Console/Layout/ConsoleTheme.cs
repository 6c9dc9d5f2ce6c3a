using MudBlazor;

namespace Bookbag.Edge.Console.Layout;

/// <summary>The console's colours and type, light and dark. Texts keep a contrast of 4.5 to 1 to what is behind them.</summary>
public static class ConsoleTheme
{
    private static readonly string[] Font = ["Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0f6450",
            PrimaryContrastText = "#ffffff",
            Secondary = "#4a5a55",
            Tertiary = "#5b4b8a",
            Info = "#1f5f99",
            Success = "#1a7340",
            Warning = "#8f5600",
            Error = "#b3261e",
            Background = "#f5f6f4",
            BackgroundGray = "#eceeeb",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#17201d",
            DrawerBackground = "#ffffff",
            DrawerText = "#3b4743",
            DrawerIcon = "#56635e",
            TextPrimary = "#17201d",
            TextSecondary = "#55615c",
            TextDisabled = "#6f7a76",
            ActionDefault = "#56635e",
            ActionDisabled = "#9aa5a0",
            ActionDisabledBackground = "#e3e7e4",
            LinesDefault = "#dfe3df",
            LinesInputs = "#8a948f",
            Divider = "#dfe3df",
            TableLines = "#e6eae7",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#5ccfae",
            PrimaryContrastText = "#06231b",
            Secondary = "#a9b8b2",
            SecondaryContrastText = "#131716",
            Tertiary = "#b9a9ea",
            TertiaryContrastText = "#1b1430",
            Info = "#8ec3f5",
            InfoContrastText = "#07243d",
            Success = "#6bd49a",
            SuccessContrastText = "#06240f",
            Warning = "#f0b457",
            WarningContrastText = "#2b1b00",
            Error = "#ff9c92",
            ErrorContrastText = "#3b0a06",
            Background = "#131716",
            BackgroundGray = "#0f1211",
            Surface = "#1b2120",
            AppbarBackground = "#1b2120",
            AppbarText = "#e8edea",
            DrawerBackground = "#1b2120",
            DrawerText = "#c3cec9",
            DrawerIcon = "#a2afa9",
            TextPrimary = "#e8edea",
            TextSecondary = "#a9b5b0",
            TextDisabled = "#8b9893",
            ActionDefault = "#a9b5b0",
            ActionDisabled = "#6a7772",
            ActionDisabledBackground = "#29312f",
            LinesDefault = "#2e3735",
            LinesInputs = "#6a7772",
            Divider = "#2e3735",
            TableLines = "#262e2c",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "10px", DrawerWidthLeft = "232px", AppbarHeight = "56px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Font, FontSize = "0.9375rem", LineHeight = "1.5", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = Font, FontSize = "0.875rem", FontWeight = "600", TextTransform = "none", LetterSpacing = "0" },
            Body1 = new Body1Typography { FontFamily = Font, FontSize = "0.9375rem", LetterSpacing = "0" },
            Body2 = new Body2Typography { FontFamily = Font, FontSize = "0.875rem", LetterSpacing = "0" },
            Caption = new CaptionTypography { FontFamily = Font, FontSize = "0.8125rem", LetterSpacing = "0" },
        },
    };
}
