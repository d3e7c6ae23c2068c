"""What the attendee screen says, in three languages. Each is written by its meaning, not from another.

`HEADLINES` has a refusal's headline for every reason of the rule book that can refuse; `NOTES` what is added below a
headline; `NOTICES` the states of the door itself, `NOTICE_LINES` what stands below them, line by line. Words in braces
are filled in by `kiosk.screen.attendee_screen`.
"""

from collections.abc import Mapping
from typing import Literal

from access.event.definition import Language
from access.rules.decide import Reason
from kiosk.door.readiness import Cause

Words = Mapping[Language, str]

Notice = Literal[
    "idle_in", "idle_out", "starting", "not_enrolled", "not_ready", "out_of_order", "camera_lost",
    "no_camera", "show_one", "hold_still", "come_closer", "fire", "failed", "no_contact",
    "staff_card", "spare",
]  # fmt: skip


def _in(en: str, hant: str, hans: str) -> Words:
    """One text; "|" is where a Chinese line may break, which no browser can tell from the characters."""
    return {
        "en": en,
        "zh-Hant": hant.replace("|", "\u200b"),
        "zh-Hans": hans.replace("|", "\u200b"),
    }


WELCOME = _in("Welcome", "歡迎", "欢迎")
WELCOME_BACK = _in("Welcome back", "歡迎回來", "欢迎回来")
WELCOME_NAME = _in("Welcome, {name}", "歡迎，{name}", "欢迎，{name}")
WELCOME_BACK_NAME = _in("Welcome back, {name}", "歡迎回來，{name}", "欢迎回来，{name}")
GOODBYE = _in("See you again", "再會", "再见")
ONE_MOMENT = _in("One moment, please", "請稍候", "请稍候")

HEADLINES: Mapping[Reason, Words] = {
    "not_a_badge": _in(
        "This code is not a badge", "這個二維碼|不是入場證", "这个二维码|不是入场证"
    ),
    "other_event": _in(
        "This badge is for another event", "這是其他活動的|入場證", "这是其他活动的|入场证"
    ),
    "forged": _in(
        "We could not verify this badge", "未能核實|這張入場證", "无法核实|这张入场证"
    ),
    "unknown": _in(
        "We have no record of this badge yet", "暫時查不到|這張入場證", "暂时查不到|这张入场证"
    ),
    "revoked": _in(
        "This badge is no longer valid", "這張入場證|已經失效", "这张入场证|已失效"
    ),
    "superseded": _in(
        "A newer badge was issued to you", "您已換領|新的入場證", "您已换领|新的入场证"
    ),
    "online_only": _in(
        "You are registered for the live broadcast", "您登記的|是網上直播", "您报名的|是线上直播"
    ),
    "wrong_venue": _in(
        "This badge is for {venues}, not {here}",
        "這張入場證適用於|{venues}會場，不是{here}",
        "这张入场证适用于|{venues}会场，不是{here}",
    ),
    "wrong_day": _in(
        "This badge is not for today", "這張入場證|不適用於今天", "这张入场证|今天不能用"
    ),
    "not_entitled": _in(
        "Your badge does not include {area}",
        "您的入場證|不包括 {area}",
        "您的入场证|不包括 {area}",
    ),
    "too_early": _in("The doors are not open yet", "尚未開放入場", "还没到入场时间"),
    "too_late": _in("Admission here has ended", "這裏已停止入場", "这里已停止入场"),
    "no_session": _in("Nothing is held here today", "這裏今天|沒有環節", "这里今天|没有场次"),
    "not_booked": _in(
        "You have not booked this session", "您沒有預約|這個環節", "您没有预约|这个场次"
    ),
    "already_inside": _in(
        "This badge is already inside", "這張入場證|已在場內", "这张入场证|已经入场"
    ),
    "full": _in("{area} is full", "{area}已經滿座", "{area}已满座"),
    "unlisted": _in(
        "Your badge is not on our list yet", "名單上暫時沒有|您的入場證", "名单上暂时没有|您的入场证"
    ),
    "clock_unsure": _in(
        "We cannot check the time here", "這裏暫時|無法核對時間", "这里暂时|无法核对时间"
    ),
    "roster_stale": _in(
        "Our list here is out of date", "這裏的名單|有待更新", "这里的名单|有待更新"
    ),
    "not_staff": _in(
        "This is not a staff card", "這不是工作人員證", "这不是工作人员证"
    ),
}  # fmt: skip

ADDED: Mapping[Reason, Words] = {
    "superseded": _in("Please use the newest one", "請使用新證", "请使用新证"),
    "online_only": _in(
        "To attend in person, ask at the help desk",
        "如欲親臨會場，請到服務台查詢",
        "如想到现场参会，请到服务台咨询",
    ),
    "standby": _in(
        "Standby: take any free seat", "候補入場，請坐空位", "候补入场，请坐空位"
    ),
    "already_inside": _in(
        "To come in again, scan out first", "再次入場前，請先掃描離場", "再次入场前，请先扫码离场"
    ),
    "not_a_badge": _in(
        "Show the code printed on your badge",
        "請出示入場證上的二維碼",
        "请出示入场证上的二维码",
    ),
    "repeat": _in(
        "This badge was scanned a moment ago", "這張入場證剛剛掃描過", "这张入场证刚刚扫过"
    ),
}  # fmt: skip
"""Said below the headline, whatever comes next. Opened with `standby`; `repeat` is added to the first answer."""

NOTES: Mapping[str, Words] = {
    "venues": _in("Please go to {venues}", "請前往{venues}會場", "请前往{venues}会场"),
    "days": _in("It is valid on {days}", "有效日期：{days}", "有效日期：{days}"),
    "session": _in("{session}", "{session}", "{session}"),
    "session_at": _in(
        "{area}, doors open {time}", "{area}，{time} 開門", "{area}，{time} 开门"
    ),
    "standby": _in(
        "Free seats are given out from {time}",
        "如有餘座，{time} 起候補入場",
        "如有空位，{time} 起候补入场",
    ),
    "gates": _in(
        "Seats are left at door {gates}", "{gates} 號門尚有座位", "{gates} 号门还有座位"
    ),
    "help_desk": _in("Please go to the help desk", "請到服務台", "请到服务台"),
    "staff_here": _in(
        "Please speak to our staff here", "請與門口的工作人員聯絡", "请联系门口的工作人员"
    ),
    "staff_comes": _in(
        "Our staff here will help you", "門口的工作人員會協助您", "门口的工作人员会帮您处理"
    ),
}  # fmt: skip

NOTICES: Mapping[Notice, Words] = {
    "idle_in": _in("Show your badge", "請出示入場證", "请出示入场证"),
    "idle_out": _in("Leaving? Show your badge", "離場請出示入場證", "离场请出示入场证"),
    "starting": _in("Starting", "正在啟動", "正在启动"),
    "not_enrolled": _in(
        "This kiosk is not set up yet", "這部機尚未設定", "本机尚未设置"
    ),
    "not_ready": _in("This door is not ready yet", "這道門尚未就緒", "此门尚未就绪"),
    "out_of_order": _in("Out of order", "暫停服務", "暂停服务"),
    "camera_lost": _in(
        "The camera is not working", "鏡頭|暫時不能使用", "摄像头|暂时不能用"
    ),
    "no_camera": _in(
        "Hold your badge to the scanner", "請將入場證|對準掃描器", "请将入场证|对准扫码器"
    ),
    "show_one": _in("One badge at a time, please", "請每次出示一張", "请一次只出示一张"),
    "hold_still": _in("Hold it still", "請拿穩", "请拿稳"),
    "come_closer": _in("A little closer", "請靠近一點", "请靠近一点"),
    "fire": _in("Leave the building now", "請立即離開", "请立即离开"),
    "failed": _in("Something went wrong here", "這裏出了點問題", "这里出了点问题"),
    "no_contact": _in("Out of order", "暫停服務", "暂停服务"),
    "staff_card": _in("Show the staff card", "請出示工作人員證", "请出示工作人员证"),
    "spare": _in(
        "This kiosk has no gate yet", "這部機|尚未分配閘口", "本机|尚未分配闸口"
    ),
}  # fmt: skip

NOTICE_LINES: Mapping[Notice, Words] = {
    "idle_in": _in(
        "Hold the code to the camera", "將二維碼對準鏡頭", "将二维码对准摄像头"
    ),
    "idle_out": _in(
        "Hold the code to the camera", "將二維碼對準鏡頭", "将二维码对准摄像头"
    ),
    "starting": _in("One moment, please", "請稍候", "请稍候"),
    "not_enrolled": _in("Please use another door", "請使用其他門口", "请走其他门"),
    "not_ready": _in("Please use another door", "請使用其他門口", "请走其他门"),
    "out_of_order": _in("Please use another door", "請使用其他門口", "请走其他门"),
    "camera_lost": _in("Please speak to our staff", "請聯絡工作人員", "请联系工作人员"),
    "fire": _in(
        "Walk to the nearest exit", "請走向最近的出口", "请走向最近的出口"
    ),
    "failed": _in("Please try once more", "請再試一次", "请再试一次"),
    "no_contact": _in("Please use another door", "請使用其他門口", "请走其他门"),
    "no_camera": _in("", "", ""),
    "spare": _in(
        "Please use another door\nSupervisors: touch ⚙ below to give it one",
        "請使用其他門口\n主管可按下方 ⚙ 為它分配閘口",
        "请走其他门\n主管可点下方 ⚙ 为它分配闸口",
    ),
}  # fmt: skip

CAUSES: Mapping[Cause, Words] = {
    "disk_full": _in("The disk is full", "磁碟已滿", "磁盘已满"),
    "disk_read_only": _in(
        "The disk cannot be written", "磁碟無法寫入", "磁盘无法写入"
    ),
    "disk_errors": _in("The disk reports errors", "磁碟讀寫出錯", "磁盘读写出错"),
    "journal": _in("The journal cannot be used", "日誌無法使用", "日志无法使用"),
    "no_event": _in(
        "Waiting for the event's data: is the carrier running?",
        "正在等候活動資料，請檢查同步程式是否運行",
        "正在等待活动数据，请检查同步程序是否运行",
    ),
    "no_gate": _in(
        "The registry can assign a gate too", "中央登記處亦可分配閘口", "登记中心也可以分配闸口"
    ),
    "incomplete": _in(
        "The event's data is not all here yet", "活動資料尚未收齊", "活动数据尚未收齐"
    ),
    "camera": _in("Check the camera's cable", "請檢查鏡頭連線", "请检查摄像头连线"),
    "unexpected": _in("The details are in the log", "詳情見系統日誌", "详情见系统日志"),
}  # fmt: skip
"""Why a door does not work, for whoever mends it."""
