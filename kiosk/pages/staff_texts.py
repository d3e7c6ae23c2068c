"""What the staff screen says, in three languages."""

from collections.abc import Mapping

from access.event.definition import Language
from access.rules.decide import Reason

Words = Mapping[Language, str]


def _in(en: str, hant: str, hans: str) -> Words:
    return {"en": en, "zh-Hant": hant, "zh-Hans": hans}


REASONS: Mapping[Reason, Words] = {
    "repeat": _in("Scanned again", "重複掃描", "重复扫描"),
    "not_a_badge": _in("Not a badge", "不是入場證", "不是入场证"),
    "other_event": _in("Another event's badge", "其他活動的入場證", "其他活动的入场证"),
    "forged": _in("Not genuine", "未能核實", "无法核实"),
    "unknown": _in("Not on the roster", "名單上沒有", "名单上没有"),
    "not_inside": _in("Left, was not inside", "離場，本不在場內", "离场，本不在场内"),
    "revoked": _in("Revoked", "已註銷", "已作废"),
    "superseded": _in("A newer badge exists", "已換領新證", "已换新证"),
    "online_only": _in("Live broadcast only", "只限網上直播", "仅限线上直播"),
    "wrong_venue": _in("Another venue", "其他會場", "其他会场"),
    "wrong_day": _in("Another day", "其他日期", "其他日期"),
    "not_entitled": _in("Ticket does not include this", "票種不包括此處", "票种不包括此处"),
    "too_early": _in("Too early", "時間未到", "时间未到"),
    "too_late": _in("Too late", "已停止入場", "已停止入场"),
    "no_session": _in("Nothing held here today", "今天沒有環節", "今天没有场次"),
    "not_booked": _in("Not booked", "沒有預約", "没有预约"),
    "standby": _in("Standby", "候補", "候补"),
    "already_inside": _in("Already inside", "已在場內", "已在场内"),
    "reentry": _in("Came back in", "再次入場", "再次入场"),
    "full": _in("Full", "滿座", "满座"),
    "ok": _in("Good", "通過", "通过"),
    "unlisted": _in("Genuine, not on the roster", "真證，名單上沒有", "真证，名单上没有"),
    "clock_unsure": _in("The clock is not sure", "時間未能確定", "时间不确定"),
    "roster_stale": _in("The roster is old", "名單有待更新", "名单有待更新"),
    "overridden": _in("Let in by hand", "人手放行", "人工放行"),
    "not_staff": _in("Not a staff card", "不是工作人員證", "不是工作人员证"),
}

WHYS: Mapping[str, Words] = {
    "known to staff": _in("I know this person", "本人認識此人", "我认识此人"),
    "organiser's word": _in("The organiser says so", "主辦方同意", "主办方同意"),
    "speaker or guest": _in("Speaker or guest", "講者或嘉賓", "讲者或嘉宾"),
    "badge does not read": _in("The badge does not read", "入場證讀不出", "入场证读不出"),
    "came out for a moment": _in("Was only out for a moment", "剛剛離開片刻", "刚离开片刻"),
    "mistake": _in("A mistake of ours", "我們弄錯了", "我们弄错了"),
}
"""Reasons to choose from; the key is what the log keeps."""

ERRORS: Mapping[str, Words] = {
    "locked": _in("Unlock first", "請先解鎖", "请先解锁"),
    "no_card": _in("No card was shown", "沒有出示證件", "没有出示证件"),
    "not_staff": _in(
        "This is not a valid staff card", "這不是有效的工作人員證", "这不是有效的工作人员证"
    ),
    "self_service": _in(
        "This is a self-service gate: staff mode is for staffed gates",
        "這是自助閘口，職員模式只限有人值守的閘口",
        "这是自助闸口，职员模式仅用于有人值守的闸口",
    ),
    "no_pin": _in(
        "This card has no PIN here yet: ask the centre",
        "這張證尚未設定密碼，請聯絡中央",
        "这张证尚未设置密码，请联系中心",
    ),
    "wrong_pin": _in("Wrong PIN", "密碼不正確", "密码不正确"),
    "too_many": _in(
        "Too many wrong PINs: wait a minute", "錯誤次數過多，請等一分鐘", "错误次数过多，请等一分钟"
    ),
    "not_ready": _in(
        "The door is not ready or out of order", "門尚未就緒或暫停服務", "门尚未就绪或暂停服务"
    ),
    "bad_code": _in(
        "This code is mistyped: check it again", "編號有誤，請再核對", "编号有误，请再核对"
    ),
    "gone": _in("This answer is too old now", "這個紀錄已過時", "这条记录已过时"),
    "supervisor": _in("Only a supervisor may do this", "只有主管可以操作", "只有主管可以操作"),
    "bad_time": _in("This is not a time", "時間格式不正確", "时间格式不正确"),
    "lead_out": _in("This gate only leads out", "此閘口只供離場", "此闸口仅供离场"),
    "gate_locked": _in(
        "Show the supervisor's card again", "請再次出示主管證件", "请再次出示主管证件"
    ),
    "gate_taken": _in(
        "A kiosk works at this gate: confirm that two are to stand there",
        "這個閘口已有一部機在運作，請確認要放兩部",
        "这个闸口已有一台机在工作，请确认要放两台",
    ),
    "gate_assigned": _in(
        "The registry has assigned a gate: only the registry can change it",
        "閘口已由中央登記處分配，只有登記處可以更改",
        "闸口已由登记中心分配，只有登记中心可以更改",
    ),
    "no_roster": _in(
        "The event's data is not all here yet, so this card is not known. A card with the large signed code works",
        "活動資料尚未收齊，認不出這張證。可用附有大型簽署二維碼的證件",
        "活动数据尚未收齐，认不出这张证。可以用带签名大二维码的证件",
    ),
    "card_unknown": _in(
        "This card is not on this kiosk's list", "本機名單上沒有這張證", "本机名单上没有这张证"
    ),
    "card_retired": _in(
        "This card was revoked or replaced: the centre is told",
        "這張證已註銷或已換新，此事會通知中央",
        "这张证已作废或已换新，此事会通知中心",
    ),
    "card_forged": _in(
        "This card is not genuine: the centre is told",
        "這張證未能核實，此事會通知中央",
        "这张证无法核实，此事会通知中心",
    ),
    "failed": _in("That did not work; try again", "未能完成，請再試", "没有成功，请再试"),
}

LABELS: Mapping[str, Words] = {
    "staff": _in("Staff", "職員", "职员"),
    "back": _in("Back to the screen", "返回主畫面", "返回主画面"),
    "unlock": _in("Unlock with a staff card", "以工作人員證解鎖", "用工作人员证解锁"),
    "show_card": _in(
        "Hold your staff card to the camera", "請將工作人員證對準鏡頭", "请将工作人员证对准摄像头"
    ),
    "pin": _in("Your PIN", "您的密碼", "您的密码"),
    "enter": _in("Enter", "確定", "确定"),
    "cancel": _in("Cancel", "取消", "取消"),
    "lock": _in("Lock", "鎖定", "锁定"),
    "answers": _in("Answers", "紀錄", "记录"),
    "find": _in("Find", "查找", "查找"),
    "count": _in("Count", "人數", "人数"),
    "clock": _in("Clock", "時間", "时间"),
    "in": _in("In", "入場", "入场"),
    "out": _in("Out", "離場", "离场"),
    "let_in": _in("Let in", "放行", "放行"),
    "undo": _in("Undo", "撤銷", "撤销"),
    "undone": _in("Taken back", "已撤銷", "已撤销"),
    "why": _in("Why?", "原因？", "原因？"),
    "nothing_yet": _in("Nobody has come yet", "暫時未有人", "暂时没有人"),
    "find_hint": _in(
        "Name, pinyin or initials, or the code on the badge",
        "姓名、拼音、首字母，或入場證上的編號",
        "姓名、拼音、首字母，或入场证上的编号",
    ),
    "nobody": _in("Nobody found", "找不到", "没有找到"),
    "present": _in("Ask the door", "查詢可否入場", "查询能否入场"),
    "seats_left": _in("Seats left at this door", "此門餘座", "此门余座"),
    "seats_elsewhere": _in("Seats at other doors", "其他門餘座", "其他门余座"),
    "no_capacity": _in("This area has no limit of seats", "此區沒有座位上限", "此区没有座位上限"),
    "recount": _in("People counted inside", "點算場內人數", "清点场内人数"),
    "headcount": _in("Headcount of the venue", "會場人數", "会场人数"),
    "recorded": _in("Recorded", "已記錄", "已记录"),
    "time_now": _in("This kiosk's time", "本機時間", "本机时间"),
    "unsure": _in("not sure", "未能確定", "不确定"),
    "set_time": _in(
        "Set by your watch (supervisor)", "按您的手錶設定（主管）", "按您的手表设置（主管）"
    ),
    "gate_of_kiosk": _in("Gate of this kiosk", "本機閘口", "本机闸口"),
    "lost": _in("No contact with the door", "與門失去聯絡", "与门失去联系"),
}

GATE_LABELS: Mapping[str, Words] = {
    "title": _in("Gate of this kiosk", "本機閘口", "本机闸口"),
    "back": _in("Back to the screen", "返回主畫面", "返回主画面"),
    "none": _in("This kiosk has no gate yet", "這部機尚未分配閘口", "本机尚未分配闸口"),
    "no_event": _in(
        "The event's data has not come to this kiosk yet",
        "這部機尚未收到活動資料",
        "本机尚未收到活动数据",
    ),
    "incomplete": _in(
        "The event's data is not all here yet: this door may not know everybody",
        "活動資料尚未收齊，此門或會認不出部分人士",
        "活动数据尚未收齐，此门可能认不出部分人员",
    ),
    "by_registry": _in(
        "The registry assigned this gate, so only the registry can change it",
        "此閘口由中央登記處分配，只有登記處可以更改",
        "此闸口由登记中心分配，只有登记中心可以更改",
    ),
    "by_supervisor": _in(
        "A supervisor gave it this gate; as soon as the registry assigns one, that one counts",
        "此閘口由主管分配；登記處一旦另行分配，即以登記處為準",
        "此闸口由主管分配；登记中心一旦另行分配，以登记中心为准",
    ),
    "how": _in(
        "A supervisor can give it one here, with the staff card alone",
        "主管可在此分配，只需出示工作人員證",
        "主管可在此分配，只需出示工作人员证",
    ),
    "ask_card": _in("Show a supervisor's card", "出示主管證件", "出示主管证件"),
    "show_card": _in(
        "Hold the supervisor's card to the camera or scanner",
        "請將主管證件對準鏡頭或掃描器",
        "请将主管证件对准摄像头或扫码器",
    ),
    "choose": _in("Which gate is this?", "這是哪個閘口？", "这是哪个闸口？"),
    "mine": _in("this kiosk", "本機", "本机"),
    "in": _in("In", "入場", "入场"),
    "out": _in("Out", "離場", "离场"),
    "both": _in("In and out", "出入", "出入"),
    "self": _in("self-service", "自助", "自助"),
    "staffed": _in("staffed", "有人值守", "有人值守"),
    "works": _in("A kiosk works here", "已有一部機在運作", "已有一台机在工作"),
    "silent": _in(
        "Its kiosk was last heard {minutes} min ago",
        "原機 {minutes} 分鐘前失去聯絡",
        "原机 {minutes} 分钟前失去联系",
    ),
    "silent_s": _in(
        "Its kiosk was last heard {seconds} s ago",
        "原機 {seconds} 秒前失去聯絡",
        "原机 {seconds} 秒前失去联系",
    ),
    "never": _in(
        "Its kiosk has not been heard of here", "未曾收到原機的消息", "没有收到过原机的消息"
    ),
    "give": _in("Give it this gate", "分配此閘口", "分配此闸口"),
    "cancel": _in("Cancel", "取消", "取消"),
    "beside": _in(
        "A kiosk that works stands at this gate. Go on only if two are to stand here.",
        "這個閘口已有一部機在運作。確定要放兩部，才繼續。",
        "这个闸口已有一台机在工作。确定要放两台，再继续。",
    ),
    "seats": _in(
        "This room has a limit of seats, and a spare kiosk comes without any. Other doors in touch pass some on; until"
        " then it says full, and staff let people in by hand.",
        "此處有座位上限，備用機本身沒有座位。有聯絡的其他門會分來座位；在此之前會顯示滿座，須由職員放行。",
        "此处有座位上限，备用机本身没有座位。有联系的其他门会分来座位；在此之前会显示满座，须由工作人员放行。",
    ),
    "take_back": _in("Take the gate back", "收回閘口", "收回闸口"),
    "take_back_sure": _in(
        "This kiosk will have no gate then, and let nobody in.",
        "這部機將沒有閘口，不再讓人入場。",
        "本机将没有闸口，不再放人入场。",
    ),
    "given": _in("This kiosk is now gate {gate}", "這部機現為閘口 {gate}", "本机现为闸口 {gate}"),
    "taken": _in("This kiosk has no gate now", "這部機現在沒有閘口", "本机现在没有闸口"),
    "lost": _in("No contact with the door", "與門失去聯絡", "与门失去联系"),
}

COUNT_LABELS: Mapping[str, Words] = {
    "headcount": _in("Headcount", "場內人數", "场内人数"),
    "back": _in("Back", "返回", "返回"),
    "area": _in("Place", "地點", "地点"),
    "inside": _in("Inside now", "現在場內", "现在场内"),
    "people": _in("People today", "今天到場", "今天到场"),
    "entries": _in("Entries", "入場次數", "入场次数"),
    "exits": _in("Exits", "離場次數", "离场次数"),
    "refused": _in("Refused", "拒絕次數", "拒绝次数"),
    "heard": _in("As of", "截至", "截至"),
    "between": _in("between {low} and {high}", "{low} 至 {high} 之間", "{low} 到 {high} 之间"),
    "of": _in("of {capacity}", "上限 {capacity}", "上限 {capacity}"),
    "now": _in("now", "現在", "现在"),
    "ago": _in("{minutes} min ago", "{minutes} 分鐘前", "{minutes} 分钟前"),
    "seconds_ago": _in("{seconds} s ago", "{seconds} 秒前", "{seconds} 秒前"),
    "never": _in("not heard from yet", "尚未有消息", "还没有消息"),
    "silent": _in("Doors not heard from", "失去聯絡的門", "失去联系的门"),
    "all_heard": _in("All doors are in touch", "所有門都有聯絡", "所有门都有联系"),
    "unsure": _in("This kiosk's clock is not sure", "本機時間未能確定", "本机时间不确定"),
    "lost": _in(
        "No contact with the door: these numbers are old",
        "與門失去聯絡，數字並非最新",
        "与门失去联系，数字不是最新",
    ),
    "wait": _in("Counting", "正在計算", "正在计算"),
}
